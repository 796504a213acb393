"""Makes PDFs, JPEGs and PNGs, true and broken, for tests of uploads.

PDFs are written byte by byte, so that each has exactly the fault it is meant to have.
"""

from __future__ import annotations

import io
import random
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping

from PIL import Image, ImageDraw
from pypdf import PdfReader, PdfWriter
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

TEXT = b"BT /F1 12 Tf 72 720 Td (Paid USD 45.00, EcoCash MP240117.1203.A81243) Tj ET"
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>%s>>"
FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
SCRIPT = b"<</S/JavaScript/JS(app.alert\\(1\\))>>"


def stream(data: bytes, more: bytes = b"", *, packed: bool = True) -> bytes:
    """Return a stream object, packed with Flate unless told otherwise."""
    body = zlib.compress(data) if packed else data
    return b"<<%s%s/Length %d>>stream\n%s\nendstream" % (
        b"/Filter/FlateDecode" if packed else b"",
        more,
        len(body),
        body,
    )


def objects(catalog: bytes = b"", page: bytes = b"", content: bytes | None = None) -> dict[int, bytes]:
    """Return the objects of a PDF of one page, with more in its catalog and page."""
    return {
        1: b"<</Type/Catalog/Pages 2 0 R%s>>" % catalog,
        2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: PAGE % page,
        4: stream(TEXT) if content is None else content,
        5: FONT,
    }


def pdf(parts: Mapping[int, bytes], *, trailer: bytes = b"", listed: Mapping[int, bytes] | None = None) -> bytes:
    """Return a PDF of the objects; only those `listed` (all by default) are in its table."""
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places = {}
    for number, body in parts.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    size = max(parts) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % size
    for number in range(1, size):
        known = number in places and (listed is None or number in listed)
        out += b"%010d %05d %c \n" % ((places[number], 0, b"n") if known else (0, 65535, b"f"))
    out += b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, table)
    return bytes(out)


def one(catalog: bytes = b"", page: bytes = b"", content: bytes | None = None, **more: bytes) -> bytes:
    """Return a PDF of one page; `more` are further objects from number 6 on, in their order."""
    parts = objects(catalog, page, content)
    return pdf(parts | dict(enumerate(more.values(), start=6)))


def updated(base: bytes, parts: Mapping[int, bytes], *, size: int = 20) -> bytes:
    """Return the PDF with an incremental update that replaces or adds these objects."""
    before = int(base.rpartition(b"startxref\n")[2].split()[0])
    out, entries = bytearray(base), b""
    for number, body in sorted(parts.items()):
        entries += b"%d 1\n%010d 00000 n \n" % (number, len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n%strailer\n<</Size %d/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (
        entries,
        size,
        before,
        table,
    )
    return bytes(out)


def object_stream(
    parts: Mapping[int, bytes], pack: Callable[[bytes], bytes] = zlib.compress, more: bytes = b""
) -> bytes:
    """Return an object stream of these objects."""
    index, bodies = b"", b""
    for number, body in parts.items():
        index += b"%d %d " % (number, len(bodies))
        bodies += body + b"\n"
    data = pack(index + bodies)
    filters = more or b"/Filter/FlateDecode"
    return b"<</Type/ObjStm/N %d/First %d%s/Length %d>>stream\n%s\nendstream" % (
        len(parts), len(index), filters, len(data), data,
    )  # fmt: skip


def compressed(parts: Mapping[int, bytes], holder: bytes | None = None, listed: int | None = None) -> bytes:
    """Return a PDF whose objects are in an object stream, but for streams; its table is a stream too."""
    inside = {number: body for number, body in parts.items() if not body.endswith(b"endstream")}
    number_of_stream = max(parts) + 1
    outside = {number: body for number, body in parts.items() if number not in inside}
    outside[number_of_stream] = object_stream(inside) if holder is None else holder
    out, places = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), {}
    for number, body in outside.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table, places[number_of_stream + 1] = len(out), len(out)
    rows = struct.pack(">BIH", 0, 0, 65535)
    for number in range(1, number_of_stream + 2):
        if number in places:
            rows += struct.pack(">BIH", 1, places[number], 0)
        else:
            rows += struct.pack(">BIH", 2, number_of_stream, list(inside).index(number))
    keys = b"/Type/XRef/W[1 4 2]/Size %d/Root 1 0 R" % (number_of_stream + 2)
    out += b"%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (number_of_stream + 1, stream(rows, keys), table)
    return bytes(out)


def many_pages(count: int) -> bytes:
    """Return a PDF of that many pages, the size of which is given once for all."""
    kids = b" ".join(b"%d 0 R" % (number + 4) for number in range(count))
    parts = {
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: b"<</Type/Pages/Kids[%s]/Count %d/MediaBox[0 0 595 842]>>" % (kids, count),
        3: stream(TEXT),
    } | {number + 4: b"<</Type/Page/Parent 2 0 R/Contents 3 0 R>>" for number in range(count)}
    return pdf(parts)


def with_page(old: bytes, new: bytes) -> bytes:
    """Return a PDF of one page whose page object is altered."""
    parts = objects()
    assert old in parts[3]
    return pdf(parts | {3: parts[3].replace(old, new)})


def link(address: bytes) -> bytes:
    """Return what a page has in it that links to the address, which is written as given."""
    return b"/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(%s)>>>>]" % address


def drawn(pages: int = 3) -> bytes:
    """Return a PDF as ReportLab writes it, with a photo on its first page."""
    target = io.BytesIO()
    canvas = Canvas(target, pageCompression=1)
    canvas.drawImage(ImageReader(io.BytesIO(jpeg())), 72, 400)
    for number in range(pages):
        canvas.drawString(72, 720, f"Page {number}")
        canvas.linkURL("https://bank.example/receipt", (72, 700, 200, 720))
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def protected(user: str, algorithm: str) -> bytes:
    """Return a PDF that opens with the user's password."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(drawn(2))))
    writer.encrypt(user_password=user, owner_password="owner", algorithm=algorithm)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def protected_script() -> bytes:
    """Return a PDF that opens with the empty password and has a script in a stream of objects, which is encrypted."""
    plain = one(catalog=b"/Own 6 0 R", more=object_stream({7: SCRIPT}))
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(plain)))
    writer.encrypt(user_password="", owner_password="owner", algorithm="AES-256")
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def picture_object(data: bytes, width: int, height: int, kind: bytes = b"DCTDecode") -> bytes:
    """Return a picture as a PDF holds it, of the size it says it has."""
    says = b"/Width %d/Height %d/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/%s" % (width, height, kind)
    return b"<</Type/XObject/Subtype/Image%s/Length %d>>stream\n%s\nendstream" % (says, len(data), data)


def noise(length: int) -> bytes:
    """Return bytes without any order, the same each time."""
    return random.Random(length).randbytes(length)  # noqa: S311  no secret


def photo(size: tuple[int, int] = (160, 120), mode: str = "RGB", seed: int = 1) -> Image.Image:
    """Return a picture with something on it."""
    chance = random.Random(seed)  # noqa: S311  pixels
    picture = Image.new("RGB", size, (240, 240, 230))
    draw = ImageDraw.Draw(picture)
    for _line in range(12):
        spot = (chance.randrange(size[0]), chance.randrange(size[1]))
        draw.line((*spot, chance.randrange(size[0]), chance.randrange(size[1])), fill=(chance.randrange(200), 40, 90))
    return picture.convert(mode)


def jpeg(size: tuple[int, int] = (160, 120), mode: str = "RGB", **more: object) -> bytes:
    """Return a JPEG."""
    target = io.BytesIO()
    photo(size, mode).save(target, "JPEG", **more)
    return target.getvalue()


def png(mode: str = "RGB", **more: object) -> bytes:
    """Return a PNG."""
    target = io.BytesIO()
    photo(mode=mode).save(target, "PNG", **more)
    return target.getvalue()


def several(kind: str, frames: int, **more: object) -> bytes:
    """Return a multi-picture JPEG (MPO) or an animated PNG."""
    target = io.BytesIO()
    first, *rest = (photo(seed=number) for number in range(frames))
    first.save(target, kind, save_all=True, append_images=rest, **more)
    return target.getvalue()


def with_segment(base: bytes, marker: int, data: bytes) -> bytes:
    """Return the JPEG with one more segment at its beginning."""
    return base[:2] + struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data + base[2:]


def sized(base: bytes, width: int, height: int) -> bytes:
    """Return the JPEG with another size in its frame header."""
    place = base.index(b"\xff\xc0") + 5
    return base[:place] + struct.pack(">HH", height, width) + base[place + 4 :]


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_chunk(base: bytes, kind: bytes, data: bytes) -> bytes:
    """Return the PNG with one more chunk behind its header."""
    return base[:33] + chunk(kind, data) + base[33:]


def png_bomb(side: int = 30_000) -> bytes:
    """Return a PNG of a few kilobytes that is a picture of `side` by `side`."""
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((side // 8 + 1) * side), 9)
    return PNG + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def interlaced() -> bytes:
    """Return a PNG of 9 by 5 pixels in its seven passes."""
    rows = b"".join(
        (b"\0" + b"\x80" * columns) * count
        for columns, count in ((2, 1), (1, 1), (3, 1), (2, 2), (5, 1), (4, 3), (9, 2))
    )
    header = struct.pack(">IIBBBBB", 9, 5, 8, 0, 0, 0, 1)
    return PNG + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def rows_too_many() -> bytes:
    """Return a PNG of one pixel with a program in the rows behind it."""
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return PNG + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0\0" + PROGRAM)) + chunk(b"IEND", b"")


def film(kind: bytes, data: bytes) -> bytes:
    """Return a box of a film."""
    return struct.pack(">I", len(data) + 8) + kind + data


def tar() -> bytes:
    """Return a tar with a program in it."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as packed:
        entry = tarfile.TarInfo("run.sh")
        entry.size = 9
        packed.addfile(entry, io.BytesIO(b"#!/bin/sh"))
    return target.getvalue()


def archive() -> bytes:
    """Return a ZIP with a program in it."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as packed:
        packed.writestr("META-INF/MANIFEST.MF", "Main-Class: Run\n")
        packed.writestr("run.class", b"\xca\xfe\xba\xbe" * 20)
    return target.getvalue()


def brand(*names: bytes) -> bytes:
    """Return the beginning of a file of the family of MP4 and HEIC."""
    body = b"ftyp" + names[0] + b"\0\0\0\0" + b"".join(names)
    return struct.pack(">I", len(body) + 4) + body + b"\0\0\0\x08mdat" + bytes(200)


PNG = b"\x89PNG\r\n\x1a\n"
PROGRAM = b"MZ\x90\0" + bytes(60) + b"This program cannot be run in DOS mode.\r\r\n$" + bytes(80)
PAGE_OF_WEB = b"<!DOCTYPE html><html><script>alert(document.domain)</script></html>"
MP4 = brand(b"mp42", b"isom") + bytes(range(256)) * 8
