"""Check a JPEG or PNG from its first byte to its last, in the process of `child`.

Its parts are walked here, by an allow-list: what the format needs, what cameras write into it, and what phones put
behind it. Pillow, which overlooks what it does not need, then decodes every pixel.
"""

from __future__ import annotations

import io
import re
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from PIL import Image, ImageFile

from odoo_client.documents.proof.refusals import RefusedError, refuse_carried, refuse_web

#: Pictures in one file: phones add a few (depth, light), animations many.
MOST_FRAMES = 32
#: Text or colour profile in a PNG, unpacked.
MOST_TEXT = 4 * 1024 * 1024
_BLANK = b"\0\t\n\r "
_PART = 1 << 20

#: Between two markers of a JPEG's scan: an escaped 0xFF, a restart or a fill byte.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
_EOI, _SOI, _SOS, _COM = 0xD9, 0xD8, 0xDA, 0xFE
_WITHOUT_LENGTH = frozenset((0x00, 0x01, *range(0xD0, 0xD8)))
#: Frames, tables, the scan, and what says how to read them. Metadata (`0xE0` to `0xEF`) begins with its maker's name.
_SEGMENTS = frozenset((*range(0xC0, 0xE0), _COM)) - {0xC8, 0xD8, 0xD9}
_MAKER = re.compile(rb"[A-Za-z_][\x20-\x7e]+")

#: The most bytes that each chunk of a PNG may have; what is not here is nobody's but its maker's.
_CHUNKS: Final = {
    b"IHDR": 13,
    b"PLTE": 768,
    b"IDAT": 1 << 31,
    b"IEND": 0,
    b"tRNS": 256,
    b"cHRM": 32,
    b"gAMA": 4,
    b"sBIT": 4,
    b"sRGB": 1,
    b"cICP": 4,
    b"mDCV": 24,
    b"cLLI": 8,
    b"bKGD": 6,
    b"hIST": 512,
    b"pHYs": 9,
    b"tIME": 7,
    b"acTL": 8,
    b"fcTL": 26,
    b"fdAT": 1 << 31,
    b"oFFs": 9,
    b"sTER": 1,
    b"gIFg": 4,
    b"gIFx": 4096,
    # Of Apple's and ImageMagick's: where rows begin, the size of the page, how the camera was held.
    b"iDOT": 28,
    b"vpAg": 9,
    b"caNv": 16,
    b"orNT": 1,
    **dict.fromkeys((b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"eXIf", b"sPLT", b"pCAL", b"sCAL", b"caBX"), MOST_TEXT),
}
#: Those that are text, those that are packed, and all whose content is looked at.
_TEXTS, _PACKED = frozenset((b"tEXt", b"zTXt", b"iTXt")), frozenset((b"zTXt", b"iTXt", b"iCCP"))
_READ = _TEXTS | _PACKED | {b"eXIf", b"sPLT", b"pCAL", b"sCAL", b"caBX", b"gIFx"}
#: Samples of a pixel by its kind of colour; the passes of an interlaced picture: first column and row, and steps.
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))

#: Boxes of the film that phones put behind a photo.
_BOXES = frozenset(
    (
        b"ftyp",
        b"moov",
        b"mdat",
        b"free",
        b"skip",
        b"wide",
        b"uuid",
        b"meta",
        b"moof",
        b"mfra",
        b"sidx",
        b"styp",
        b"mpvd",
    )
)
#: Its first box is short: the length of it begins with zeros.
_FILM = re.compile(rb"[\0\t\n\r ]*?(?=\0\0..ftyp)", re.DOTALL)
#: How Samsung's notes begin that stand behind a photo, and how they end.
_NOTES = re.compile(rb".{4,8}[A-Z][A-Za-z0-9&]{0,30}_[A-Za-z0-9_&]{2,30}", re.DOTALL)
_NOTES_END = re.compile(rb"SEFH.{0,4096}SEFT$", re.DOTALL)


def look_at(content: bytes, jpeg: bool, max_pixels: int) -> None:
    """Check that the picture is whole and nothing else; raises RefusedError, or what Pillow raises."""
    # A PDF reader takes a file for a PDF that says so anywhere near its beginning.
    if b"%PDF-" in content:
        raise RefusedError("polyglot")
    refuse_web(content, plain=False)
    refuse_carried(content)
    end = _walk_jpeg(content) if jpeg else _walk_png(content, max_pixels)
    _refuse_behind(content[end:], MOST_FRAMES)
    _decode(content, "JPEG" if jpeg else "PNG", max_pixels)


def _refuse_behind(rest: bytes, most: int) -> None:
    """Refuse what follows a picture, unless it is what phones put there: more pictures, a film, their notes."""
    while rest.strip(_BLANK):
        most -= 1
        if most < 0:
            raise RefusedError("too-many-pages")
        if film := _FILM.match(rest):
            rest = rest[film.end() :]
            rest = rest[_walk_film(rest) :]
            continue
        rest = rest.strip(_BLANK)
        if rest.startswith(b"\xff\xd8\xff"):
            rest = rest[_walk_jpeg(rest) :]
        elif _NOTES.match(rest) and _NOTES_END.search(rest, max(0, len(rest) - 4200)):
            refuse_carried(rest)
            return
        else:
            raise RefusedError("polyglot")


def _refuse_hidden(data: bytes, *, text: bool) -> None:
    """Refuse metadata that is a web page, a program or an archive, also behind the name it has."""
    refuse_web(data, plain=text)
    refuse_carried(data)
    refuse_carried(data.partition(b"\0")[2].lstrip(b"\0"))


def _walk_film(film: bytes) -> int:
    """Return where the film ends."""
    place = 0
    while place + 8 <= len(film):
        length, kind = struct.unpack_from(">I4s", film, place)
        if kind not in _BOXES:
            break
        if length == 1:
            length = int.from_bytes(film[place + 8 : place + 16], "big")
        if kind == b"mdat" and length in (0, 8, 16):
            # The camera never wrote down how long it is: it is the rest.
            refuse_carried(film[place + 8 :].lstrip(_BLANK))
            return len(film)
        if length < 8 or place + length > len(film):
            raise RefusedError("polyglot")
        place += length
    return place


def measure(data: bytes, name: str, max_pixels: int) -> None:
    """Refuse a picture that is larger than it may be; nothing is decoded."""
    with _bounded(max_pixels):
        Image.open(io.BytesIO(data), formats=(name,)).close()


@contextmanager
def _bounded(max_pixels: int) -> Iterator[None]:
    Image.MAX_IMAGE_PIXELS = max_pixels
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        yield
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise RefusedError("too-many-pixels") from None


def _decode(content: bytes, name: str, max_pixels: int) -> None:
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    with _bounded(max_pixels):
        with Image.open(io.BytesIO(content), formats=(name,)) as picture:
            picture.verify()
        with Image.open(io.BytesIO(content), formats=(name,)) as picture:
            frames = getattr(picture, "n_frames", 1)
            if frames > MOST_FRAMES:
                raise RefusedError("too-many-pages")
            picture.load()
            for number in range(1, frames):
                _further(picture, number, strict=name == "PNG")


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
    """Return where the picture ends; refuses one that does not, and segments that do not belong to a picture."""
    place, size = 2, len(content)
    while place + 1 < size:
        if content[place] != 0xFF:
            # Some cameras fill up between the parts; decoders look for the next mark.
            mark = content.find(b"\xff", place)
            if mark < 0:
                break
            if content[place:mark].strip(b"\0"):
                break
            place = mark
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
        data = content[place + 2 : place + length]
        if 0xE0 <= marker <= 0xEF:
            if not _MAKER.match(data):
                raise RefusedError("polyglot")
        elif marker not in _SEGMENTS:
            raise RefusedError("damaged")
        if marker == _COM or 0xE0 <= marker <= 0xEF:
            _refuse_hidden(data, text=marker == _COM)
        place += length
        if marker == _SOS:
            found = _MARKER.search(content, place)
            if found is None:
                break
            place = found.start()
    raise RefusedError("damaged")


def _walk_png(content: bytes, max_pixels: int) -> int:
    """Return where the picture ends; refuses broken chunks, chunks of other kinds, and more than they are for."""
    place, text = 8, 0
    pixels = frame = _Pixels(0)
    for kind, data in _chunks(content):
        if (place == 8) != (kind == b"IHDR"):
            raise RefusedError("damaged")
        if len(data) > _CHUNKS.get(kind, -1):
            raise RefusedError("polyglot")
        if kind == b"IHDR":
            width, height, depth, colours, _packing, _filter, interlaced = struct.unpack(">IIBBBBB", data)
            if not 0 < width * height <= max_pixels:
                raise RefusedError("too-many-pixels" if width * height else "damaged")
            pixels = _Pixels(_size(width, height, depth * _SAMPLES.get(colours, 4), bool(interlaced)))
        elif kind == b"IDAT":
            pixels.skip(data)
        elif kind == b"fcTL":
            frame = _Pixels(pixels.most)
        elif kind == b"fdAT":
            frame.skip(data[4:])
        elif kind == b"acTL" and int.from_bytes(data[:4], "big") > MOST_FRAMES:
            raise RefusedError("too-many-pages")
        elif kind in _READ:
            data_read = _text_of(kind, data) if kind in _PACKED else data
            text += len(data_read)
            if text > MOST_TEXT:
                raise RefusedError("out-of-memory")
            _refuse_hidden(data_read, text=kind in _TEXTS)
        place += 12 + len(data)
        if kind == b"IEND":
            return place
    raise RefusedError("damaged")


class _Pixels:
    """Unpacks pixels and forgets them; refuses what follows them, which no decoder looks at."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._unpacker = zlib.decompressobj()
        self._size = 0

    def skip(self, data: bytes) -> None:
        """Look at the next part of them. Raises RefusedError, or what zlib raises."""
        behind = data if self._unpacker.eof else b""
        while data and not self._unpacker.eof:
            self._size += len(self._unpacker.decompress(data, _PART))
            data, behind = self._unpacker.unconsumed_tail, self._unpacker.unused_data
            if self._size > self.most:
                raise RefusedError("polyglot")
        if behind.strip(b"\0"):
            raise RefusedError("polyglot")


def _size(width: int, height: int, bits: int, interlaced: bool) -> int:
    """Return how many bytes the rows have, each with its filter's byte before it; interlaced in seven passes."""
    passes = _ADAM7 if interlaced else ((0, 0, 1, 1),)
    total = 0
    for left, top, across, down in passes:
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            total += rows * (1 + (columns * bits + 7) // 8)
    return total


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
