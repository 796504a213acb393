"""A task's state on the form that changes it (Odoo 17 and newer): stage and state each bring the other along.

Teams work by the columns of their board or by the state of their tasks. Whoever chooses one of them sees at once what
becomes of the other, and may choose something else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from odoo_client.datasets.task_states import is_closed, stage_for, state_for
from pages.ui import formats, live
from pages.ui.tickets import forms as tickets_forms
from pages.ui.view import View


def choice(
    view: View, offers: live.ChangeOffers, stage_key: str, key: str, chosen: Callable[[], None], **more: Any
) -> str | None:
    """Draw the choice of a state; return it where it or the stage changes, else None; None where tickets have none.

    `chosen` is called when one is chosen; `more` is passed to Streamlit as it is.
    """
    names = tickets_forms.distinct({one.key: one.name for one in offers.states})
    if not names:
        return None
    now = offers.now
    picked: str | None = st.selectbox(
        "State",
        list(names),
        format_func=lambda one: names[one],
        key=key,
        on_change=_follow_state,
        args=(view, offers, stage_key, key, chosen),
        help="Done and Cancelled close the ticket, and so does a stage that is folded in Odoo.",
        **more,
    )
    if picked is None or (picked == now.state and _stage(offers, stage_key) == offers.stage(now.stage_id)):
        return None
    # With a new stage the state is sent even where it stays: otherwise Odoo would set it by itself.
    return picked


def consequence(view: View, offers: live.ChangeOffers, stage_key: str, state_key: str) -> str:
    """Return whether the choice closes the ticket or reopens it, and where stage and state do not go together.

    "" where nothing of it has to be said before it is sent.
    """
    if not offers.states:
        return ""
    now, settings = offers.now, view.settings
    stage, state = _stage(offers, stage_key), str(st.session_state.get(state_key) or now.state)
    by_state, by_stage = is_closed(None, state, settings), stage is not None and stage.closes(settings)
    changes = (by_state or by_stage) != is_closed(offers.stage(now.stage_id), now.state, settings)
    if not changes and by_state == by_stage:
        return ""
    name = formats.plain(stage.name) if stage is not None else "none"
    what = (
        ("This closes the ticket" if changes else "The ticket stays closed")
        if by_state or by_stage
        else ("This opens the ticket again")
    )
    also = ""
    if by_state and not by_stage:
        also = f", by its state alone: it stays in the stage {name}, which is not folded in Odoo"
    elif by_stage and not by_state:
        also = f", by the stage {name} alone: its state stays open"
    icon = "task_alt" if by_state or by_stage else "undo"
    return f":material/{icon}: {what}{also}."


def follow_stage(view: View, offers: live.ChangeOffers, key: str, state_key: str) -> None:
    """Make the state follow the stage that was just chosen; a callback."""
    stage = _stage(offers, key)
    if offers.states and stage is not None:
        st.session_state[state_key] = state_for(stage, offers.now.state, view.settings)


def _follow_state(view: View, offers: live.ChangeOffers, stage_key: str, key: str, chosen: Callable[[], None]) -> None:
    chosen()
    # The present stage comes first: a ticket reopened on second thoughts goes back to where it was.
    stages = sorted(offers.stages, key=lambda one: one.stage_id != offers.now.stage_id)
    stage = stage_for(str(st.session_state[key]), _stage(offers, stage_key), stages, view.settings)
    if stage is not None:
        st.session_state[stage_key] = stage.stage_id


def _stage(offers: live.ChangeOffers, key: str) -> live.Stage | None:
    """Return the stage that is chosen, or the present one before anything is."""
    return offers.stage(int(st.session_state.get(key) or offers.now.stage_id))
