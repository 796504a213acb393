"""The invented provider's logo: a picture in base64, as Odoo keeps them."""

from __future__ import annotations

import base64
import io
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from odoo_client.documents.glyphs import BOLD, FONTS

BLUE, AMBER = "#0b5e8a", "#f2a900"


@cache
def logo() -> str:
    """Return the logo as PNG in base64, the same at every start."""
    picture = Image.new("RGBA", (620, 160), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((10, 98, 54, 142), fill=AMBER)
    for radius in (48, 80, 112):
        pen.arc((32 - radius, 120 - radius, 32 + radius, 120 + radius), 285, 345, fill=BLUE, width=16)
    pen.text((164, 24), "AFINET", font=ImageFont.truetype(str(FONTS / f"{BOLD}.ttf"), 104), fill=BLUE)
    target = io.BytesIO()
    picture.save(target, "PNG")
    return base64.b64encode(target.getvalue()).decode("ascii")
