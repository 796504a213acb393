"""A proof of payment on screen: scaled to the room there is, so that no part of a page is cut off."""

from __future__ import annotations

from typing import Final

import streamlit as st

from odoo_client.documents.proof.judge import ProofFile

ALT: Final = "The proof of payment"
#: The width of what the viewer draws beside a page: margins and a scroll bar.
MARGIN_PX = 48
#: The widths that pages are rounded up to: A4 and Letter, A4 on its side, screens, and what the format allows.
WIDTHS_PX = (660, 900, 1_200, 1_700, 2_400, 3_600, 7_200, 14_500)
#: The viewer always draws a point as a pixel and scrolls sideways. So it is zoomed by the quotient of room and width,
#: which style sheets can compute only as the tangent of an angle. Nothing from a file gets in here.
_STYLES: Final = "\n".join(
    f"[class*=st-key-proof_{width}_]{{container-type:inline-size}}"
    f"[class*=st-key-proof_{width}_]>div{{zoom:min(1,tan(atan2(100cqw,{width}px)))}}"
    for width in WIDTHS_PX
)
_fit = st.components.v2.component("fit_proof", css=_STYLES, isolate_styles=False)


def show(file: ProofFile, key: str) -> None:
    """Draw a judged document."""
    if file.kind != "pdf":
        st.image(file.content, width="stretch", alt=ALT)
        return
    width = next((one for one in WIDTHS_PX if one >= file.width + MARGIN_PX), WIDTHS_PX[-1])
    with st.container(key=f"proof_{width}_{key}"):
        st.pdf(file.content, height=width * 3 // 4, key=key, alt=ALT)
    _fit(key=f"{key}_fit")
