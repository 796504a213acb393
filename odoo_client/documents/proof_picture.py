"""A JPEG or PNG looked at from its first byte to its last, in the process of `proof_child`.

Its parts are walked here (Pillow overlooks what it does not need), then Pillow decodes every pixel of it.
"""

from __future__ import annotations

import io
import re
import struct
import warnings
import zlib
from collections.abc import Iterator

from PIL import Image, ImageFile

from odoo_client.documents.proof_child import RefusedError, refuse_trailer, refuse_web

#: Pictures in one file: phones add a few (depth, light), animations many.
MOST_FRAMES = 32
#: Text or colour profile in a PNG, unpacked.
MOST_TEXT = 4 * 1024 * 1024
#: Between two markers of a JPEG's scan: an escaped 0xFF, a restart or a fill byte.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
_EOI, _SOI, _SOS, _COM = 0xD9, 0xD8, 0xDA, 0xFE
_WITHOUT_LENGTH = frozenset((0x00, 0x01, *range(0xD0, 0xD8)))


def look_at(content: bytes, jpeg: bool, max_pixels: int) -> None:
    """Return when the picture is whole and nothing else; raises RefusedError, or what Pillow raises."""
    # A PDF reader takes a file for a PDF that says so anywhere near its beginning.
    if b"%PDF-" in content:
        raise RefusedError("polyglot")
    refuse_web(content, plain=False)
    end = _walk_jpeg(content) if jpeg else _walk_png(content)
    refuse_trailer(content[end:])
    _decode(content, "JPEG" if jpeg else "PNG", max_pixels)


def _decode(content: bytes, name: str, max_pixels: int) -> None:
    Image.MAX_IMAGE_PIXELS = max_pixels
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open(io.BytesIO(content), formats=(name,)) as picture:
            picture.verify()
        with Image.open(io.BytesIO(content), formats=(name,)) as picture:
            frames = getattr(picture, "n_frames", 1)
            if frames > MOST_FRAMES:
                raise RefusedError("too-many-pages")
            picture.load()
            for number in range(1, frames):
                _further(picture, number, strict=name == "PNG")
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise RefusedError("too-many-pixels") from None


def _further(picture: ImageFile.ImageFile, number: int, *, strict: bool) -> None:
    """Decode one more picture of the file.

    Messengers cut those of a multi-picture JPEG off and leave their index: the one that is shown is whole.
    """
    try:
        picture.seek(number)
        picture.load()
    except (Image.DecompressionBombWarning, Image.DecompressionBombError, MemoryError):
        raise
    except Exception:
        if strict:
            raise


def _walk_jpeg(content: bytes) -> int:
    """Return where the picture ends; refuses one that does not, and metadata that is a web page."""
    place, size = 2, len(content)
    while place + 1 < size:
        if content[place] != 0xFF:
            # Some cameras fill up between the parts; decoders look for the next mark.
            place = content.find(b"\xff", place)
            if place < 0:
                break
            continue
        marker = content[place + 1]
        if marker == 0xFF:
            place += 1
            continue
        if marker == _EOI:
            return place + 2
        place += 2
        if marker in _WITHOUT_LENGTH:
            continue
        length = int.from_bytes(content[place : place + 2], "big")
        if marker == _SOI or length < 2 or place + length > size:
            break
        if marker == _COM or 0xE0 <= marker <= 0xEF:
            refuse_web(content[place + 2 : place + length], plain=marker == _COM)
        place += length
        if marker == _SOS:
            found = _MARKER.search(content, place)
            if found is None:
                break
            place = found.start()
    raise RefusedError("damaged")


def _walk_png(content: bytes) -> int:
    """Return where the picture ends; refuses broken chunks, and text that is too long or a web page."""
    place, text = 8, 0
    for kind, data in _chunks(content):
        if (place == 8) != (kind == b"IHDR"):
            raise RefusedError("damaged")
        if kind == b"acTL" and int.from_bytes(data[:4], "big") > MOST_FRAMES:
            raise RefusedError("too-many-pages")
        if kind in (b"tEXt", b"eXIf"):
            refuse_web(data, plain=kind == b"tEXt")
        if kind in (b"zTXt", b"iTXt", b"iCCP"):
            plain = _text_of(kind, data)
            text += len(plain)
            if text > MOST_TEXT:
                raise RefusedError("out-of-memory")
            refuse_web(plain, plain=kind != b"iCCP")
        place += 12 + len(data)
        if kind == b"IEND":
            return place
    raise RefusedError("damaged")


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 8
    while place + 12 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, place)
        end = place + 8 + length
        if end + 4 > len(content) or not kind.isalpha():
            return
        if zlib.crc32(content[place + 4 : end]) != int.from_bytes(content[end : end + 4], "big"):
            return
        yield kind, content[place + 8 : end]
        place = end + 4


def _text_of(kind: bytes, data: bytes) -> bytes:
    """Return a text or profile chunk's data unpacked, at most a byte more than `MOST_TEXT`."""
    _keyword, _nul, rest = data.partition(b"\0")
    if kind == b"iTXt":
        packed, rest = rest[:1] == b"\x01", rest[2:].split(b"\0", 2)[-1]
        if not packed:
            return rest
    else:
        rest = rest[1:]
    return zlib.decompressobj().decompress(rest, MOST_TEXT + 1)
