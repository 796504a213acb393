"""A picture that somebody uploaded as a logo, judged by its content before a document carries it.

It is measured before it is decoded, and then redrawn, so that documents get nothing of it but pixels.
"""

from __future__ import annotations

import base64
import binascii
import io
import warnings

from PIL import Image, UnidentifiedImageError

#: Larger files and pictures do not count as logos.
MAX_BYTES = 4 * 1024 * 1024
MAX_PIXELS = 24_000_000
#: What it is drawn with: sharp on paper, small in the file.
LARGEST = (900, 320)
FORMATS = ("PNG", "JPEG", "GIF", "WEBP")


def logo_of(encoded: object) -> bytes | None:
    """Return the picture that Odoo gave in base64 as PNG, None when there is none that can be used."""
    if not isinstance(encoded, str) or len(encoded) > 2 * MAX_BYTES:
        return None
    try:
        return safe_logo(base64.b64decode(encoded, validate=False))
    except (binascii.Error, ValueError):
        return None


def safe_logo(data: bytes) -> bytes | None:
    """Return the picture redrawn as PNG, at most `LARGEST`; None for anything that is not a small picture."""
    if not data or len(data) > MAX_BYTES:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as found:
                if found.width * found.height > MAX_PIXELS or min(found.size) < 2:
                    return None
                picture = found.convert("RGBA")
        picture.thumbnail(LARGEST)
        target = io.BytesIO()
        # Pixels only: no profile, text or other data of the upload comes along.
        picture.save(target, "PNG", icc_profile=None, exif=b"")
        return target.getvalue()
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        MemoryError,
        Warning,
        Image.DecompressionBombError,
    ):
        # A broken picture can make its format's reader fail in any way.
        return None
