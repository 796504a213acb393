"""The Tickets page's charts: the backlog over time, and open tickets by team, stage, priority and age."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pages.ui.charts import BILLED_COLOUR, CHART_HEIGHT_PX, LOST_COLOUR, NEW_COLOUR, Figure, _figure, _hatched

BAR_STEP_PX = 34
OPENED, CLOSED = "opened", "closed"
FAINT_COLOUR = "rgba(47, 134, 201, 0.3)"


def backlog(table: pd.DataFrame) -> Figure:
    """Return the backlog at each midnight as an area, tickets opened above and closed below the axis as bars.

    A bar's category is `2026-11-24|opened` or `2026-11-24|closed`.
    """
    days = [f"{day:%Y-%m-%d}" for day in table["day"]]
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "x": days,
            "y": table["backlog"].to_list(),
            "name": "Backlog at midnight",
            "mode": "lines",
            "line": {"color": BILLED_COLOUR, "width": 2.5, "shape": "hv"},
            "fill": "tozeroy",
            "fillcolor": "rgba(47, 134, 201, 0.14)",
            "hovertemplate": "%{x|%d %b %Y}, 00:00<br>Backlog: %{y:,}<extra></extra>",
        }
    ]
    for column, colour, hatch, sign in ((OPENED, LOST_COLOUR, "", 1), (CLOSED, NEW_COLOUR, "/", -1)):
        name = column.capitalize()
        traces.append(
            {
                "type": "bar",
                "x": days,
                "y": (table[column] * sign).to_list(),
                "text": table[column].astype("str").to_list(),
                "textposition": "none",
                "name": name,
                "customdata": [f"{day}|{column}" for day in days],
                "marker": _hatched(colour, hatch),
                "hovertemplate": f"%{{x|%d %b %Y}}<br>{name}: %{{text}}<extra></extra>",
            }
        )
    x = {"tickformat": "%d %b", "nticks": 7}
    return _figure(traces, CHART_HEIGHT_PX, x=x, y={"tickformat": ",~r"}, barmode="relative")


def bars(counts: Mapping[str, int], picked: tuple[str, ...]) -> Figure:
    """Return a horizontal bar for each name with its count; names that are not picked are drawn faintly."""
    names = list(counts)
    labels = [name if len(name) <= 24 else f"{name[:23]}…" for name in names]
    trace = {
        "type": "bar",
        "orientation": "h",
        # Two names may be cut to one label, so bars are told apart by their places.
        "y": list(range(len(names))),
        "x": list(counts.values()),
        "text": [f"{count:,}" for count in counts.values()],
        "textposition": "auto",
        "cliponaxis": False,
        "customdata": names,
        # Not with a list of opacities: Plotly then reports no clicks on bars with text.
        "marker": {
            "color": [BILLED_COLOUR if not picked or name in picked else FAINT_COLOUR for name in names],
            "line": {"width": 0},
        },
        "hovertemplate": "%{customdata}: %{text}<extra></extra>",
        "showlegend": False,
    }
    y = {"tickmode": "array", "tickvals": list(range(len(names))), "ticktext": labels, "autorange": "reversed"}
    height = max(110, BAR_STEP_PX * len(names) + 40)
    return _figure([trace], height, x={"visible": False, "rangemode": "tozero"}, y=y, showlegend=False)
