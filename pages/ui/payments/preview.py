"""A proof of payment on screen: scaled to the room there is, so that no part of a page is cut off, and enlarged."""

from __future__ import annotations

from typing import Final

import streamlit as st

from odoo_client.documents.proof.judge import ProofFile

ALT: Final = "The proof of payment"
#: The width of what the viewer draws beside a page: margins and a scroll bar.
MARGIN_PX = 48
#: The widths that pages are rounded up to: receipts, A4 and Letter, A4 on its side, screens, what the format allows.
WIDTHS_PX = (360, 480, 660, 900, 1_200, 1_700, 2_400, 3_600, 7_200, 14_500)
#: How much larger a proof is on request, and than it is by itself at most.
LARGER, LARGEST = 2, 1.6
#: The viewer always draws a point as a pixel and scrolls sideways. So it is zoomed by the quotient of room and width,
#: which style sheets can compute only as the tangent of an angle. Nothing from a file gets in here.
_STYLES: Final = "\n".join(
    f"[class*=st-key-proof_{name}{width}_]{{container-type:inline-size;overflow-x:auto}}"
    f"[class*=st-key-proof_{name}{width}_]>div{{zoom:min({LARGEST * times},{times}*tan(atan2(100cqw,{width}px)))}}"
    for name, times in (("", 1), ("large_", LARGER))
    for width in WIDTHS_PX
) + (
    "[class*=st-key-proof_large_image_]{overflow-x:auto}"
    f"[class*=st-key-proof_large_image_] img{{width:{LARGER * 100}%!important;max-width:none!important}}"
)
_fit = st.components.v2.component("fit_proof", css=_STYLES, isolate_styles=False)


def show(file: ProofFile, key: str) -> None:
    """Draw a judged document as wide as its place, or twice as wide where the person asks for it."""
    large = "large_" if st.toggle("Enlarge", key=f"{key}_large") else ""
    if file.kind != "pdf":
        with st.container(key=f"proof_{large}image_{key}"):
            st.image(file.content, width="stretch", alt=ALT)
    else:
        width = next((one for one in WIDTHS_PX if one >= file.width + MARGIN_PX), WIDTHS_PX[-1])
        with st.container(key=f"proof_{large}{width}_{key}"):
            st.pdf(file.content, height=width * 6 // 5, key=key, alt=ALT)
    _fit(key=f"{key}_fit")
