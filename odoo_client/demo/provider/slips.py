"""Invented slips of payment as files that really open: a small PDF and a small PNG, the same for the same words."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from odoo_client.documents.glyphs import BOLD, FONTS, REGULAR

_WIDTH, _HEIGHT = 360, 300


def pdf_slip(lines: Sequence[str]) -> bytes:
    """Return a PDF of one page with these lines of text, the first one large; only ASCII is drawn."""
    plain = [line.encode("ascii", "ignore").decode("ascii") for line in lines]
    shown = [line.replace("\\", "").replace("(", "[").replace(")", "]") for line in plain]
    text = [f"BT /F1 16 Tf 24 380 Td ({shown[0]}) Tj ET"]
    text += [f"BT /F1 10 Tf 24 {350 - 18 * place} Td ({line}) Tj ET" for place, line in enumerate(shown[1:])]
    drawn = "\n".join(text)
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 298 420] /Contents 4 0 R "
        "/Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    written, places = "%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(written))
        written += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    start = len(written)
    written += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    written += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    return written.encode("ascii")


def png_slip(lines: Sequence[str]) -> bytes:
    """Return a picture with these lines of text, as a telephone's screen shows a transfer."""
    picture = Image.new("RGB", (_WIDTH, _HEIGHT), "#f4f6f8")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, _WIDTH, 56), fill="#0b5e8a")
    bold, plain = (ImageFont.truetype(str(FONTS / f"{name}.ttf"), size) for name, size in ((BOLD, 20), (REGULAR, 15)))
    pen.text((16, 16), lines[0], font=bold, fill="white")
    for place, line in enumerate(lines[1:]):
        pen.text((16, 76 + 28 * place), line, font=plain, fill="#20303c")
    target = io.BytesIO()
    picture.save(target, "PNG")
    return target.getvalue()
