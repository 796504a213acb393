"""Charts that can be read on a phone and in dark mode, with a text alternative, and never by colour alone.

Backgrounds, fonts and axes come from Streamlit's theme. The fixed colours here keep their contrast on light and dark,
and each series also has its own pattern or mark. A figure is a plain dict until the end: building it from Plotly's
classes checks every step and takes ten times as long.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from pages.ui.formats import money, plural, short_money

Figure = dict[str, Any]

#: Each technology looks the same on every page: colour, hatch of a bar, dash and mark of a line.
TECHNOLOGY_LOOKS: Mapping[str, tuple[str, str, str, str]] = {
    "starlink": ("#8A63D2", "", "solid", "circle"),
    "fibre": ("#2F86C9", "/", "dash", "square"),
    "wireless": ("#D08A1E", ".", "dot", "diamond"),
    "": ("#8A9899", "x", "dashdot", "x"),
}
#: Colours and hatches by how late a debt is, from not due to the oldest bucket.
LATENESS_LOOKS = (
    ("#3F8C83", ""),
    ("#B98A1B", "/"),
    ("#D07A2B", "\\"),
    ("#CC5A2D", "x"),
    ("#BE3F37", "-"),
    ("#9B2D57", "+"),
)
NEW_COLOUR, LOST_COLOUR, NET_COLOUR = "#2E9C6A", "#C4453C", "#8A9899"
BILLED_COLOUR = "#2F86C9"
#: Colour and hatch of each stage, from the quotation to the invoice.
STAGE_LOOKS: Mapping[str, tuple[str, str]] = {
    "quotation": ("#8A9899", "."),
    "sent": ("#6F8FA8", "/"),
    "confirmed": ("#2F86C9", ""),
    "in_delivery": ("#8A63D2", "\\"),
    "delivered": ("#D08A1E", "x"),
    "invoiced": ("#2E9C6A", ""),
    "cancelled": ("#C4453C", "-"),
}
STAGE_HEIGHT_PX = 34
CONFIG = {"displayModeBar": False, "responsive": True, "scrollZoom": False}
CHART_HEIGHT_PX = 290
BAR_HEIGHT_PX = 150
FAINT = 0.3
HATCH_INK = "rgba(255, 255, 255, 0.5)"
#: The colour of axes and of text beside bars, on light and on dark; Streamlit's own grey is too faint.
AXIS_INK = ("#55686A", "#9FB1B3")
#: Text on a bar takes whichever of these is easier to read.
BAR_INK = ("#FFFFFF", "#0A1213")


def _hatched(colour: str, hatch: str) -> dict[str, Any]:
    """Return a bar's fill: the colour, and the hatch over it for those who cannot tell the colours apart."""
    pattern = {"shape": hatch, "fillmode": "overlay", "fgcolor": HATCH_INK, "size": 7, "solidity": 0.22}
    return {"color": colour, "pattern": pattern, "line": {"width": 0}}


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (`#RRGGBB`) by WCAG's formula, from 1 to 21; text needs 4.5."""
    lower, upper = sorted((_brightness(one), _brightness(other)))
    return (upper + 0.05) / (lower + 0.05)


def _brightness(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ink_on(colour: str) -> str:
    """Return the colour of text on a bar of this colour."""
    return max(BAR_INK, key=lambda ink: contrast(ink, colour))


def folded(label: str) -> str:
    """Return a category's label broken into several lines, so that it stays horizontal on a phone."""
    return label.replace(" ", "<br>")


def _figure(
    traces: list[dict[str, Any]], height: int, *, x: Mapping[str, Any], y: Mapping[str, Any], **more: Any
) -> Figure:
    axis = {"fixedrange": True, "automargin": True}
    legend = {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0, "xanchor": "left", "traceorder": "normal"}
    layout = {
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "bargap": 0.25,
        "showlegend": True,
        "legend": legend,
        "hoverlabel": {"namelength": -1},
        "dragmode": False,
        "xaxis": {**axis, **x},
        "yaxis": {**axis, **y},
        **more,
    }
    return {"data": traces, "layout": layout}


def stacked_bars(
    table: pd.DataFrame,
    categories: Sequence[str],
    series: Mapping[str, str],
    code: str,
    picked: Sequence[str],
    *,
    decimals: int,
) -> Figure:
    """Return bars over `categories`, stacked by technology.

    `table` has columns category, series (technology), amount (money in `code`, with `decimals` decimals); `series`
    maps each technology to its name, in stacking order. Categories not in `picked` are drawn faintly.
    """
    cells = zip(table["category"], table["series"], table["amount"].to_list(), strict=True)
    amounts = {(category, key): amount for category, key, amount in cells}
    opacity = [1.0 if category in picked else FAINT for category in categories]
    traces = []
    for key, name in series.items():
        colour, hatch, _dash, _mark = TECHNOLOGY_LOOKS[key]
        traces.append(
            {
                "type": "bar",
                "x": [folded(category) for category in categories],
                "y": [amounts.get((category, key), 0.0) for category in categories],
                "name": name,
                "customdata": list(categories),
                "marker": _hatched(colour, hatch) | {"opacity": opacity},
                "hovertemplate": f"%{{customdata}}<br>{name}: {code} %{{y:,.{decimals}f}}<extra></extra>",
            }
        )
    y = {"tickformat": "~s", "rangemode": "tozero"}
    return _figure(traces, CHART_HEIGHT_PX, x={"tickangle": 0}, y=y, barmode="relative")


def lateness_bar(amounts: Mapping[str, float], code: str, *, decimals: int) -> Figure:
    """Return one bar of money by ageing bucket in the order given, each part labelled with its bucket."""
    traces = []
    for position, (bucket, amount) in enumerate(amounts.items()):
        colour, hatch = LATENESS_LOOKS[min(position, len(LATENESS_LOOKS) - 1)]
        traces.append(
            {
                "type": "bar",
                "y": [code],
                "x": [float(amount)],
                "name": f"{bucket}: {amount:,.0f}",
                "orientation": "h",
                "text": [bucket],
                "customdata": [bucket],
                "textposition": "inside",
                "insidetextanchor": "middle",
                "textangle": 0,
                "textfont": {"color": ink_on(colour)},
                "marker": _hatched(colour, hatch),
                "hovertemplate": f"{bucket}: {money(amount, code, decimals)}<extra></extra>",
            }
        )
    hidden = {"visible": False}
    uniform = {"minsize": 11, "mode": "hide"}
    return _figure(traces, BAR_HEIGHT_PX, x=hidden, y=hidden, barmode="stack", uniformtext=uniform)


def month_lines(table: pd.DataFrame, series: Mapping[str, str], unit: str, *, decimals: int = 0) -> Figure:
    """Return a line a technology over months; `table` has columns month (datetime), technology, value in `unit`."""
    traces = []
    for key, name in series.items():
        rows = table[table["technology"] == key].sort_values("month")
        colour, _hatch, dash, mark = TECHNOLOGY_LOOKS[key]
        traces.append(
            {
                "type": "scatter",
                "x": _months(rows),
                "y": rows["value"].to_list(),
                "name": name,
                "mode": "lines+markers",
                "line": {"color": colour, "dash": dash, "width": 2.5},
                "marker": {"symbol": mark, "size": 7},
                "hovertemplate": f"%{{x|%b %Y}}<br>{name}: %{{y:,.{decimals}f}} {unit}<extra></extra>",
            }
        )
    y = {"tickformat": ",~r", "rangemode": "tozero"}
    return _figure(traces, CHART_HEIGHT_PX, x={"tickformat": "%b<br>%Y", "nticks": 7}, y=y)


def month_changes(table: pd.DataFrame) -> Figure:
    """Return new services above and lost ones below the axis, the net as a line; columns month, new, lost, net."""
    months = _months(table)
    new = {"y": table["new"].to_list(), "name": "New", "marker": _hatched(NEW_COLOUR, "")}
    lost = {"y": (-table["lost"]).to_list(), "name": "Lost", "marker": _hatched(LOST_COLOUR, "/")}
    net = {"y": table["net"].to_list(), "name": "Net", "marker": {"symbol": "diamond", "size": 6}}
    traces: list[dict[str, Any]] = [
        {"type": "bar", "x": months, "hovertemplate": "%{x|%b %Y}<br>New: %{y}<extra></extra>", **new},
        {
            "type": "bar",
            "x": months,
            "customdata": table["lost"].to_list(),
            "hovertemplate": "%{x|%b %Y}<br>Lost: %{customdata}<extra></extra>",
            **lost,
        },
        {
            "type": "scatter",
            "x": months,
            "mode": "lines+markers",
            "line": {"color": NET_COLOUR, "width": 2},
            "hovertemplate": "%{x|%b %Y}<br>Net: %{y:+}<extra></extra>",
            **net,
        },
    ]
    x = {"tickformat": "%b<br>%Y", "nticks": 5}
    return _figure(traces, CHART_HEIGHT_PX, x=x, y={"tickformat": ",~r"}, barmode="relative")


def billed_and_collected(table: pd.DataFrame, code: str, sides: Collection[str], *, decimals: int) -> Figure:
    """Return a bar a month for each of `sides`: billed beside collected; `table` has them and month (datetime).

    A bar's category is `2026-11|billed` or `2026-11|collected`.
    """
    traces = []
    looks = {"billed": (BILLED_COLOUR, ""), "collected": (NEW_COLOUR, "/")}
    for column in sides:
        colour, hatch = looks[column]
        traces.append(
            {
                "type": "bar",
                "x": _months(table),
                "y": table[column].to_list(),
                "name": column.capitalize(),
                "customdata": [f"{month:%Y-%m}|{column}" for month in table["month"]],
                "marker": _hatched(colour, hatch),
                "hovertemplate": f"%{{x|%b %Y}}<br>{column.capitalize()}: {code} %{{y:,.{decimals}f}}<extra></extra>",
            }
        )
    x = {"tickformat": "%b<br>%Y", "nticks": 7}
    return _figure(traces, CHART_HEIGHT_PX, x=x, y={"tickformat": "~s"}, barmode="group")


def stage_bars(
    stages: Mapping[str, str],
    counts: Sequence[int],
    amounts: Sequence[float],
    code: str,
    picked: Collection[str],
    *,
    decimals: int,
) -> Figure:
    """Return a horizontal bar a stage (key to name, from the top); those not in `picked` are drawn faintly.

    A bar's category is its stage's key.
    """
    # Alpha in the colour instead of an opacity: Plotly fails on a click where each bar has an opacity and a text.
    faint = f"{round(FAINT * 255):02x}"
    colours = [STAGE_LOOKS[key][0] + ("" if key in picked else faint) for key in stages]
    trace = {
        "type": "bar",
        "orientation": "h",
        "y": list(stages.values()),
        "x": [float(amount) for amount in amounts],
        "customdata": list(stages),
        "text": [
            f"{count:,} · {short_money(amount, code, decimals)}" if count else ""
            for count, amount in zip(counts, amounts, strict=True)
        ],
        "textposition": "outside",
        "cliponaxis": False,
        "hovertext": [
            f"{name}<br>{plural(count, 'order')}<br>{money(amount, code, decimals)}"
            for name, count, amount in zip(stages.values(), counts, amounts, strict=True)
        ],
        "hoverinfo": "text",
        "marker": {
            "color": colours,
            "pattern": _hatched("", "")["pattern"] | {"shape": [STAGE_LOOKS[key][1] for key in stages]},
            "line": {"width": 0},
        },
    }
    # Room beyond the longest bar for its text.
    highest = max([*(float(amount) for amount in amounts), 1.0])
    x = {"tickformat": "~s", "range": [0, highest * 1.75], "nticks": 4, "showticklabels": False, "showgrid": False}
    y = {"autorange": "reversed"}
    return _figure([trace], STAGE_HEIGHT_PX * len(stages) + 50, x=x, y=y, showlegend=False)


def _months(table: pd.DataFrame) -> list[str]:
    return [f"{month:%Y-%m-%d}" for month in table["month"]]


def _inked(figure: Figure, *, dark: bool) -> Figure:
    ink = {"color": AXIS_INK[dark]}
    layout = figure["layout"]
    axes = {name: {**layout[name], "tickfont": ink} for name in ("xaxis", "yaxis") if name in layout}
    return {**figure, "layout": {**layout, "font": ink, **axes}}


@lru_cache(maxsize=64)
def _checked(text: str) -> go.Figure:
    """Return Plotly's figure of a dict's JSON; one drawn before is not checked again."""
    return go.Figure(json.loads(text))


def draw(figure: Figure, alt: str, *, key: str, on_pick: Callable[[str], None] | None = None) -> None:
    """Draw `figure` with its text alternative; a click on a bar calls `on_pick` with that bar's category."""
    checked = _checked(json.dumps(_inked(figure, dark=st.context.theme.type == "dark")))
    if on_pick is None:
        st.plotly_chart(checked, config=CONFIG, key=key, alt=alt)
        return

    def picked() -> None:
        points = st.session_state[key]["selection"]["points"]
        if points:
            category = points[0].get("customdata", "")
            on_pick(str(category[0] if isinstance(category, list) else category))

    st.plotly_chart(checked, config=CONFIG, key=key, alt=alt, on_select=picked, selection_mode="points")
