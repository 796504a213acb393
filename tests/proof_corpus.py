"""Files that somebody may upload as a payment proof, true and hostile, each with the verdict it must get."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from tests import proof_makers as make
from tests.proof_makers import noise, one, stream


@dataclass(frozen=True)
class Case:
    """A file under the name it is given, and what is to become of it: a kind, or the reason of its refusal."""

    name: str
    content: bytes
    verdict: str
    pages: int = 1
    given: str = "proof.pdf"

    @property
    def accepted(self) -> bool:
        """Whether it is a file to be taken."""
        return self.verdict in ("pdf", "jpeg", "png")


@cache
def corpus() -> tuple[Case, ...]:
    """Return all files."""
    pdfs = (*_true_pdfs(), *_mended_pdfs(), *_broken_pdfs(), *_scripted_pdfs(), *_linked_pdfs(), *_carrying_pdfs())
    return (*pdfs, *_heavy(), *_polyglots(), *_pictures(), *_carrying_pictures(), *_others())


def _true_pdfs() -> Iterator[Case]:
    drawn, plain = make.drawn(), one()
    link = b"/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(https://bank.example/)>>>>]"
    form = b"/AcroForm<</Fields[<</FT/Tx/T(amount)/V(45.00)/Rect[0 0 9 9]/Subtype/Widget>>]>>"
    escaped = make.objects(content=stream(b"BT (/JavaScript /Launch /EmbeddedFile) Tj ET"))
    yield Case("pdf", plain, "pdf")
    yield Case("pdf of three pages with a photo", drawn, "pdf", pages=3)
    yield Case("pdf with object streams", make.compressed(make.objects()), "pdf")
    yield Case("pdf saved again", make.updated(plain, {4: stream(b"BT (again) Tj ET")}), "pdf")
    for algorithm in ("RC4-128", "AES-128", "AES-256"):
        yield Case(f"pdf that opens with the empty password, {algorithm}", make.protected("", algorithm), "pdf", 2)
    yield Case("pdf with zeros behind its end", plain + bytes(100), "pdf")
    yield Case("pdf with blank lines before it", b"\r\n \n" + plain, "pdf")
    yield Case("pdf with the mark of UTF-8 before it", b"\xef\xbb\xbf" + plain, "pdf")
    yield Case("pdf with a link", one(page=link), "pdf")
    named = link.replace(b"example/", b"example/JavaScript")
    yield Case("pdf with a link whose address ends like a name", one(page=named), "pdf")
    yield Case("pdf that opens at a page", one(catalog=b"/OpenAction[3 0 R/Fit]"), "pdf")
    yield Case("pdf that turns a page when opened", one(catalog=b"/OpenAction<</S/GoTo/D[3 0 R/Fit]>>"), "pdf")
    yield Case("pdf with a form", one(catalog=form), "pdf")
    yield Case("pdf of as many pages as are allowed", make.many_pages(20), "pdf", pages=20)
    yield Case("pdf whose text speaks of scripts", make.pdf(escaped), "pdf")
    yield Case("pdf without the end mark of its packing", one(content=_cut_stream(4)), "pdf")
    yield Case("pdf with a broken object nothing leads to", one(more=b"<</Broken ["), "pdf")
    yield Case("pdf with a right to attach files", one(catalog=b"/Perms<</UR3<</EF[/Create/Delete]>>>>"), "pdf")
    yield Case("pdf named as a picture", plain, "pdf", given="scan.jpg")
    yield Case("pdf named as a program", plain, "pdf", given="invoice.pdf.exe")


def _mended_pdfs() -> Iterator[Case]:
    """PDFs with a fault that every viewer overlooks."""
    plain, pages = one(), make.objects()
    twice = b"/PageMode/UseNone/PageMode /UseNone"
    yield Case("pdf with a key twice and the same value", one(catalog=twice), "pdf")
    yield Case("pdf with a page's content twice the same", one(page=b"/Contents 4 0 R/Rotate 0/Rotate 0"), "pdf")
    yield Case("pdf with a key twice in an object stream", make.compressed(make.objects(twice)), "pdf")
    yield Case("pdf page with a box of eight numbers", make.with_page(b"595 842", b"595 842 0 0 595 842"), "pdf")
    yield Case("pdf page with a box of six numbers", make.with_page(b"595 842", b"595.5 842 1 2"), "pdf")
    yield Case("pdf with 4,096 zeros behind its end", plain + bytes(4096), "pdf")
    yield Case("pdf with 70,000 blank lines behind its end", plain + b"\r\n" * 70_000, "pdf")
    yield Case("pdf whose table is two bytes off", plain.replace(b"startxref\n", b"startxref\n1"), "pdf")
    moved = plain.replace(b"\n4 0 obj", b"\n%moved by a mail server\n4 0 obj")
    yield Case("pdf whose objects were moved", moved, "pdf")
    yield Case(
        "pdf with a wrong length of a stream", make.pdf(pages | {4: pages[4].replace(b"/Length ", b"/Length 1")}), "pdf"
    )
    yield Case("pdf stream without its end", plain.replace(b"endstream", b"endstr\xb9am"), "damaged")
    unended = make.compressed(make.objects()).replace(b"endstream\nendobj\n7", b"endstr\xb9am\nendobj\n7")
    yield Case("pdf stream without its end before another", unended, "damaged")
    yield Case(
        "pdf with the head of an object inside another",
        plain.replace(b">>\nendobj\n4", b">>1 0 obj\nendobj\n4"),
        "damaged",
    )
    yield Case(
        "pdf with half a trailer before its own",
        plain.replace(b"trailer", b"trailer\n<</Size 6/Roo0 6\ntrailer"),
        "polyglot",
    )
    yield Case("pdf without the end of an object", plain.replace(b"endobj\n5 0", b"5 0"), "pdf")


def _linked_pdfs() -> Iterator[Case]:
    for address in (
        *(b"http://bank.example", b"HTTPS://bank.example/a?b=c#d", b"mailto:pay@bank.example", b"tel:+263772123456"),
        *(b"www.bank.example/receipt", b"pay@bank.example", b"#page=2", b""),
    ):
        yield Case(f"pdf with a link to {address.decode() or 'nothing'}", one(page=make.link(address)), "pdf")
    for address in (
        *(b"\\\\\\\\host\\\\share\\\\a.exe", b"//host/share/a.exe", b"ms-msdt:/id PCWDiagnostic", b"search-ms:query=a"),
        *(
            b"smb://host/share",
            b"file:///etc/passwd",
            b"ms-word:ofe|u|http://a.b/c",
            b"javascript:alert",
            b"data:text/html,a",
        ),
        *(
            b"\\376\\377\\000m\\000s\\000-\\000m\\000s\\000d\\000t\\000:",
            b"\\155s-msdt:/id",
            b"ms-\\\nmsdt:/id",
            b"a.exe",
        ),
        *(
            b"http:\\\\\\\\host\\\\share",
            b"https://a.b/\\\\..\\\\host",
            b"..\\\\..\\\\a.exe",
            b"vbscript:a",
            b" \\tms-msdt:/id",
        ),
    ):
        yield Case(f"pdf with a link to {ascii(address.decode())}", one(page=make.link(address)), "script")
    hostile = make.link(b"ms-msdt:/id")
    away = hostile.replace(b"(ms-msdt:/id)", b"<6D732D6D7364743A>")
    yield Case("hostile address in hexadecimal", one(page=away), "script")
    elsewhere = hostile.replace(b"(ms-msdt:/id)", b" 6 0 R")
    yield Case("hostile address in another object", one(page=elsewhere, more=b"(ms-msdt:/id)"), "script")
    action = b"<</S/URI/URI(ms-msdt:/id)>>"
    yield Case("hostile address nothing leads to", one(more=action), "script")
    parts = make.objects()
    yield Case("hostile address not in the table", make.pdf(parts | {6: action}, listed=parts), "script")
    yield Case(
        "hostile address replaced by a later revision", make.updated(one(page=hostile), {3: make.PAGE % b""}), "script"
    )
    packed = make.object_stream({7: action})
    yield Case(
        "hostile address in an object stream not in the table", make.pdf(parts | {6: packed}, listed=parts), "script"
    )
    good = make.link(b"https://bank.example")
    both = good.replace(b"/A<<", b"/A" + action + b"/A<<")
    yield Case("hostile address under a key that is there twice", one(page=both), "damaged")
    yield Case("hostile address before all others", one(catalog=b"/URI<</Base(smb://host/share/)>>"), "script")
    following = good.replace(b"example)", b"example)/Next<</S/URI/URI(ms-msdt:/id)>>")
    yield Case("hostile address after a harmless one", one(page=following), "script")
    thread = good.replace(b"/S/URI", b"/S/Thread/F(//host/a.pdf)")
    yield Case("thread in another file", one(page=thread), "script")
    unheard = good.replace(b"/S/URI", b"/S/Unheard")
    yield Case("action nobody knows on a click", one(page=unheard), "script")


def _carrying_pdfs() -> Iterator[Case]:
    plain, program, packed = one(), make.PROGRAM, make.tar()
    for name, content in (("program", program), ("tar", packed), ("shell script", b"\n#!/bin/sh\nid\n")):
        yield Case(
            f"pdf with a {name} between its objects",
            plain.replace(b"\n4 0 obj", b"\n" + content + b"\n4 0 obj"),
            "polyglot",
        )
        yield Case(f"pdf with a {name} in a stream nothing leads to", one(more=stream(content.lstrip())), "polyglot")
        kept = one(page=b"/Kept 6 0 R", more=stream(content.lstrip(), packed=False))
        yield Case(f"pdf with a {name} in a stream of its own key", kept, "polyglot")
    yield Case("portfolio", one(catalog=b"/Collection<</View/D>>"), "attachment")
    specification = b"/Kept<</Type/Filespec/F(a.exe)>>"
    yield Case("name of another file", one(page=specification), "attachment")
    outside = stream(b"", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Ref<</F(//host/a.pdf)/Page 0>>")
    yield Case("page from another file", one(more=outside), "attachment")
    printed = stream(b"", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/OPI<</2.0<</F(//host/a.tif)>>>>")
    yield Case("picture from another file when printed", one(more=printed), "attachment")
    yield Case("program of PostScript", one(more=stream(b"(a)run", b"/Type/XObject/Subtype/PS")), "script")
    yield Case("annotation nobody knows", one(page=b"/Annots[<</Subtype/Projection/Rect[0 0 9 9]>>]"), "script")


def _broken_pdfs() -> Iterator[Case]:
    plain, drawn = one(), make.drawn()
    pages = make.objects()
    flipped = bytearray(plain)
    flipped[plain.index(b"stream\n") + 30] ^= 0x10
    saved = make.updated(plain, {4: stream(b"BT (again) Tj ET")})
    yield Case("pdf cut in half", drawn[: len(drawn) // 2], "damaged")
    yield Case("pdf without its last bytes", drawn[:-8], "damaged")
    yield Case("pdf saved again, cut", saved[:-30], "damaged")
    yield Case("pdf header only", b"%PDF-1.7\n", "damaged")
    yield Case("pdf header and end", b"%PDF-1.7\nstartxref\n0\n%%EOF\n", "damaged")
    yield Case("pdf with noise inside", b"%PDF-1.7\n" + noise(4000) + plain[-30:], "damaged")
    yield Case("pdf without pages", make.pdf(pages | {2: b"<</Type/Pages/Kids[]/Count 0>>"}), "damaged")
    yield Case(
        "pdf that says it has more pages", make.pdf(pages | {2: b"<</Type/Pages/Kids[3 0 R]/Count 9>>"}), "damaged"
    )
    yield Case("pdf whose pages are none", make.pdf(pages | {2: b"<</Type/Pagez/Kids[3 0 R]/Count 1>>"}), "damaged")
    yield Case("pdf whose page is missing", make.pdf(pages | {2: b"<</Type/Pages/Kids[9 0 R]/Count 1>>"}), "damaged")
    yield Case("pdf whose pages go round", make.pdf(pages | {2: b"<</Type/Pages/Kids[2 0 R]/Count 1>>"}), "damaged")
    yield Case(
        "pdf whose page is there twice", make.pdf(pages | {2: b"<</Type/Pages/Kids[3 0 R 3 0 R]/Count 2>>"}), "damaged"
    )
    yield Case("pdf page without a size", make.with_page(b"/MediaBox[0 0 595 842]", b""), "damaged")
    yield Case("pdf page of no size", make.with_page(b"595 842", b"0 0"), "damaged")
    yield Case("pdf page whose content is no stream", make.with_page(b"/Contents 4 0 R", b"/Contents 5 0 R"), "damaged")
    yield Case("pdf page with a broken stream", bytes(flipped), "damaged")
    yield Case("pdf page with an unknown packing", one(content=stream(b"x", b"/Filter/Zip9", packed=False)), "damaged")
    yield Case("pdf with a key twice", one(catalog=b"/PageMode/UseNone/PageMode/UseOC"), "damaged")
    yield Case("pdf nested deeply", one(more=b"[" * 5000 + b"]" * 5000, catalog=b"/Deep 6 0 R"), "damaged")
    for algorithm in ("RC4-128", "AES-128", "AES-256"):
        yield Case(f"pdf with a password, {algorithm}", make.protected("secret", algorithm), "password")
    certificate = b"/Encrypt<</Filter/Adobe.PubSec/SubFilter/adbe.pkcs7.s5/V 4>>/ID[<00><00>]"
    yield Case("pdf for the holder of a certificate", make.pdf(pages, trailer=certificate), "password")


def _scripted_pdfs() -> Iterator[Case]:
    script, pages = make.SCRIPT, make.objects()
    hidden = pages | {6: script}
    # In an object stream packed so that a look at Flate alone would pass it over.
    hexed = make.object_stream(
        {number: body for number, body in (pages | {1: make.objects(b"/OpenAction 6 0 R")[1], 6: script}).items()
         if number != 4},
        lambda data: data.hex().encode() + b">", b"/Filter/ASCIIHexDecode",
    )  # fmt: skip
    yield Case("script when opened", one(b"/OpenAction 6 0 R", more=script), "script")
    yield Case("script among the names", one(b"/Names<</JavaScript<</Names[(a)6 0 R]>>>>", more=script), "script")
    yield Case("script of a page", one(page=b"/AA<</O 6 0 R>>", more=script), "script")
    yield Case("script of a link", one(page=b"/Annots[<</Subtype/Link/Rect[0 0 9 9]/A 6 0 R>>]", more=script), "script")
    yield Case("script with an escaped name", one(b"/OpenAction<</S/J#61va#53cript/J#53(1)>>"), "script")
    yield Case(
        "script in an object stream", make.compressed(make.objects(b"/OpenAction 6 0 R") | {6: script}), "script"
    )
    yield Case("script in an object stream packed oddly", make.compressed(hidden, hexed), "script")
    odd = make.object_stream({7: script}, lambda data: data.hex().encode() + b">", b"/Filter/ASCIIHexDecode")
    yield Case("object stream packed oddly", one(more=odd), "script")
    unlisted = make.pdf(pages | {6: odd}, listed=pages)
    yield Case("object stream packed oddly and not in the table", unlisted, "script")
    twice = make.object_stream({7: script}, more=b"/Filter/ASCIIHexDecode/Filter/FlateDecode")
    yield Case("object stream with two packings", one(more=twice), "damaged")
    cut = make.object_stream({7: script}, lambda data: zlib.compress(data)[:-3])
    yield Case("object stream without an end", one(more=cut), "script")
    broken = make.object_stream({7: b"<</Unheard 1>>"}, lambda data: zlib.compress(data)[:5] + b"\xff" * 20)
    yield Case("object stream whose packing is broken and not in the table",
               make.pdf(pages | {6: broken}, listed=pages), "polyglot")  # fmt: skip
    hostile = make.object_stream({7: b"<</S/URI/URI(ms-msdt:/id)>>"})
    both = {6: make.object_stream({7: b"<</S/URI/URI(http://a.b)>>"}), 8: hostile}
    yield Case("hostile address in the second of two object streams not in the table",
               make.pdf(pages | both, listed=pages), "script")  # fmt: skip
    elsewhere = make.object_stream({7: b"<</S/URI/URI 9 0 R>>", 9: b"(ms-msdt:/id)"})
    yield Case("hostile address beside its action in an object stream not in the table",
               make.pdf(pages | {6: elsewhere}, listed=pages), "script")  # fmt: skip
    shifted = make.object_stream({7: b"<</S/URI/URI(http://a.b)/URI(ms-msdt:/id)>>"})
    yield Case("hostile address under a key that is twice in an object stream not in the table",
               make.pdf(pages | {6: shifted}, listed=pages), "script")  # fmt: skip
    numbers = {number: b"<</S/P/K %d>>" % number for number in range(6_000, 6_100)}
    yield Case(
        "pdf with an object stream of high numbers", make.pdf(pages | {5_999: make.object_stream(numbers)}), "pdf"
    )
    split = b"/OpenAction<</S 6 0 R/JS 7 0 R>>"
    yield Case("script whose name is elsewhere", one(split, more=b"/JavaScript", text=b"(1)"), "script")
    yield Case("script behind a comment", one(b"/OpenAction<</S%(http://a.b\n/JavaScript/JS(1)>>"), "script")
    yield Case("script nothing leads to", make.pdf(hidden), "script")
    yield Case("script not in the table", make.pdf(hidden, listed=pages), "script")
    yield Case("script in an object stream not in the table",
               make.pdf(pages | {6: make.object_stream({7: script})}, listed=pages), "script")  # fmt: skip
    old = one(b"/OpenAction 6 0 R", more=script)
    yield Case("script replaced by a later revision", make.updated(old, {6: b"<</S/GoTo/D[3 0 R/Fit]>>"}), "script")
    yield Case(
        "script added by a later revision",
        make.updated(one(), {3: make.PAGE % b"/AA<</O 6 0 R>>", 6: script}),
        "script",
    )
    chain = b"<</S/GoTo/D[3 0 R/Fit]/Next[<</S/GoTo/D[3 0 R/Fit]/Next<</S/URI/URI(http://a.b)>>>>]>>"
    yield Case("address opened after a harmless action", one(b"/OpenAction" + chain), "script")
    yield Case("script in an address", one(page=b"/Annots[<</A<</S/URI/URI(java\\\nscript:alert)>>>>]"), "script")
    yield Case("script in a protected pdf", make.protected_script(), "script")
    for does in (
        b"Launch/F(cmd.exe)",
        b"GoToR/F(other.pdf)",
        b"GoToE/T<</R/C>>",
        b"SubmitForm/F(http://a.b)",
        b"ImportData/F(a.fdf)",
        b"Rendition/OP 0/JS(1)",
        b"URI/URI(http://a.b)",
        b"Movie",
        b"Unheard",
    ):
        name = does.decode().partition("/")[0]
        yield Case(f"action {name} when opened", one(b"/OpenAction<</S/%s>>" % does), "script")
    yield Case(
        "form of Adobe's own kind", one(b"/AcroForm<</Fields[]/XFA[(a)6 0 R]>>", more=stream(b"<xdp/>")), "script"
    )
    yield Case("film in a pdf", one(page=b"/Annots[<</Subtype/RichMedia/Rect[0 0 9 9]>>]"), "script")
    yield Case("film in a pdf that plays", one(page=b"/Annots[<</Subtype/Screen/Rect[0 0 9 9]>>]"), "script")
    file = stream(b"MZ", b"/Type/EmbeddedFile")
    yield Case(
        "attached file", one(b"/Names<</EmbeddedFiles<</Names[(a.exe)<</EF<</F 6 0 R>>>>]>>>>", more=file), "attachment"
    )
    yield Case("attached file on a page", one(page=b"/Annots[<</Subtype/FileAttachment/FS<</F(a)>>>>]"), "attachment")
    yield Case(
        "associated file", one(b"/AF[<</Type/Filespec/F(a.xml)/EF<</F 6 0 R>>>>]", more=stream(b"<xml/>")), "attachment"
    )
    yield Case("stream in another file", one(more=stream(b"", b"/F(/etc/passwd)"), catalog=b"/Own 6 0 R"), "attachment")


def _heavy() -> Iterator[Case]:
    photo = make.jpeg()
    zeros = zlib.compress(bytes(80_000_000), 9)
    nested = zlib.compress(zlib.compress(make.TEXT))
    deep = zlib.compress(zlib.compress(bytes(120_000_000), 9), 9)
    run = stream(b"\x81\0" * 600_000 + b"\x80", b"/Filter/RunLengthDecode", packed=False)
    many = b"/Contents[" + b"4 0 R " * 3 + b"]"
    bomb = b"<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream"
    objects = make.object_stream({1: b"<<>>"}, lambda data: zlib.compress(data + b" " * 80_000_000, 9))
    yield Case("page of 201 inches", make.with_page(b"595 842", b"595 14472"), "huge-page")
    yield Case("page in large units", make.with_page(b"/Parent", b"/UserUnit 100/Parent"), "huge-page")
    yield Case("too many pages", make.many_pages(21), "too-many-pages")
    yield Case("very many pages", make.many_pages(3_000), "too-many-pages")
    yield Case(
        "pdf picture that says it is huge", one(more=make.picture_object(photo, 9_000, 9_000)), "too-many-pixels"
    )
    huge = make.picture_object(make.sized(photo, 60_000, 60_000), 10, 10)
    yield Case("pdf picture that is huge", one(more=huge), "too-many-pixels")
    yield Case("pdf stream that unpacks to 80 MB", one(more=bomb % (len(zeros), zeros)), "out-of-memory")
    picture = make.picture_object(zeros, 7_000, 7_000, b"FlateDecode")
    pictures = make.pdf(make.objects() | dict.fromkeys(range(6, 14), picture))
    yield Case("pdf of pictures that unpack to 640 MB", pictures, "out-of-memory")
    twice = b"<</Filter[/FlateDecode/FlateDecode]/Length %d>>stream\n%s\nendstream"
    yield Case("pdf stream packed twice", one(content=twice % (len(nested), nested)), "pdf")
    yield Case(
        "pdf stream packed twice that unpacks to 120 MB", one(content=twice % (len(deep), deep)), "out-of-memory"
    )
    yield Case("pdf object stream that unpacks to 80 MB", one(more=objects), "out-of-memory")
    yield Case("pdf stream of runs", one(content=run), "out-of-memory")
    yield Case("pdf page with its content three times", make.with_page(b"/Contents 4 0 R", many), "pdf")
    yield Case("png bomb", make.png_bomb(), "too-many-pixels", given="proof.png")
    text = make.with_chunk(make.png(), b"zTXt", b"Comment\0\0" + zlib.compress(bytes(50_000_000), 9))
    yield Case("png with text that unpacks to 50 MB", text, "out-of-memory", given="proof.png")
    frames = make.with_chunk(make.png(), b"acTL", struct.pack(">II", 5_000, 0))
    yield Case("png that says it has 5,000 frames", frames, "too-many-pages", given="proof.png")
    yield Case("jpeg of 65,000 by 65,000", make.sized(photo, 65_000, 65_000), "too-many-pixels", given="proof.jpg")
    first, second = _frames()
    yield Case("multi-picture jpeg with a huge one", first + make.sized(second, 60_000, 60_000), "too-many-pixels")
    yield Case("larger than 10 MB", one() + bytes(10 * 1024 * 1024), "too-large")


def _polyglots() -> Iterator[Case]:
    plain, photo, png = one(), make.jpeg(), make.png()
    packed, web, program = make.archive(), make.PAGE_OF_WEB, make.PROGRAM
    for name, base in (("pdf", plain), ("jpeg", photo), ("png", png)):
        yield Case(f"{name} and zip", base + packed, "polyglot")
        yield Case(f"{name} and web page", base + b"\n" + web, "polyglot")
        yield Case(f"{name} and program", base + program, "polyglot")
        yield Case(f"{name} and PHP", base + b"<?php system($_GET[0]);", "polyglot")
        yield Case(f"{name} and shell script", base + b"\n#!/bin/sh\nid\n", "polyglot")
    yield Case("pdf and script", plain + b"\n*/ alert(1) //\n", "polyglot")
    yield Case("pdf and another pdf cut off", plain + plain[:200], "damaged")
    yield Case("pdf behind a web page", b"<html><body><script>1</script>" + plain, "polyglot")
    yield Case("pdf behind a zip", b"PK\x03\x04" + bytes(26) + plain, "polyglot")
    yield Case("pdf behind a program", b"MZ" + bytes(60) + plain, "polyglot")
    yield Case("pdf with a web page in a comment", plain.replace(b"\n4 0 obj", b"\n%" + web + b"\n4 0 obj"), "polyglot")
    # An archive reader looks from the end: what is behind it is its comment.
    yield Case("pdf with a zip in a stream", one(more=stream(packed, packed=False)), "polyglot")
    yield Case(
        "pdf with a zip's directory only",
        one(more=stream(packed[packed.index(b"PK\x01\x02") :], packed=False)),
        "polyglot",
    )
    yield Case("pdf in a jpeg's comment", make.with_segment(photo, 0xFE, plain[:900]), "polyglot")
    yield Case("jpeg and pdf", photo + plain, "polyglot")
    yield Case("png and pdf", png + plain, "polyglot")
    yield Case("web page in a jpeg's comment", make.with_segment(photo, 0xFE, web), "polyglot")
    yield Case("drawing in a jpeg's comment", make.with_segment(photo, 0xFE, b"<svg onload=alert(1)>"), "polyglot")
    yield Case("PHP in a jpeg's EXIF", make.with_segment(photo, 0xE1, b"Exif\0\0<?php eval($_POST[1]);?>"), "polyglot")
    yield Case("script in a png's text", make.with_chunk(png, b"tEXt", b"Title\0<SCRIPT>1</SCRIPT>"), "polyglot")
    hidden = b"Title\0\0" + zlib.compress(web)
    yield Case("script in a png's packed text", make.with_chunk(png, b"zTXt", hidden), "polyglot")
    international = b"Title\0\1\0\0\0" + zlib.compress(web)
    yield Case("script in a png's international text", make.with_chunk(png, b"iTXt", international), "polyglot")
    yield Case("zip inside a jpeg's comment", make.with_segment(photo, 0xFE, packed), "polyglot")
    yield Case("gif and pdf", b"GIF89a" + bytes(20) + plain, "polyglot")


def _pictures() -> Iterator[Case]:
    photo, png = make.jpeg(), make.png()
    animated = make.several("PNG", 3)
    first, second = _frames()
    samsung = b"\x08\x0c\0\0Image_UTC_Data" + b"SEFH\x6a\0\0\0SEFT"
    xmp = b'http://ns.adobe.com/xap/1.0/\0<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/"/>'
    for name, content in (
        ("jpeg", photo),
        ("jpeg, progressive", make.jpeg(progressive=True)),
        ("jpeg in grey", make.jpeg(mode="L")),
        ("jpeg in print colours", make.jpeg(mode="CMYK")),
        ("jpeg with restart marks", make.jpeg(restart_marker_rows=1)),
        ("jpeg with metadata", make.with_segment(make.with_segment(photo, 0xE1, xmp), 0xFE, b"Taken at <the bank>")),
        ("jpeg filled up between its parts", photo[:20] + bytes(30) + photo[20:]),
        ("jpeg with zeros behind its end", photo + bytes(500)),
        ("jpeg of a Samsung phone", photo + samsung),
        ("jpeg with a moving picture", photo + make.MP4),
        ("multi-picture jpeg", first + second),
        ("multi-picture jpeg of which a messenger left one", first),
    ):
        yield Case(name, content, "jpeg", given="IMG_20260117.JPEG")
    yield Case("jpeg named as a pdf", photo, "jpeg", given="receipt.pdf")
    for name, content in (
        ("png", png),
        ("png with a palette", make.png("P")),
        ("png in grey and alpha", make.png("LA")),
        ("png of one bit", make.png("1")),
        ("png with text", make.with_chunk(png, b"tEXt", b"Software\0screenshot <1.2>")),
        ("png with zeros behind its end", png + bytes(64)),
        ("png that moves", animated),
    ):
        yield Case(name, content, "png", given="Screenshot.png")
    yield Case("png named as a jpeg", png, "png", given="proof.jpg")
    flipped = bytearray(png)
    flipped[png.index(b"IDAT") + 40] ^= 1
    for name, content in (
        ("jpeg cut in half", photo[: len(photo) // 2]),
        ("jpeg without its last two bytes", photo[:-2]),
        ("jpeg header only", photo[:20]),
        ("jpeg mark only", b"\xff\xd8\xff"),
        ("jpeg with noise inside", photo[:200] + noise(2000) + b"\xff\xd9"),
        ("jpeg without height", make.sized(photo, 160, 0)),
        ("png cut in half", png[: len(png) // 2]),
        ("png without its end", png[:-12]),
        ("png mark only", png[:8]),
        ("png with a flipped bit", bytes(flipped)),
        ("png without pixels", png[:33] + make.chunk(b"IEND", b"")),
        ("png of no size", png[:8] + make.chunk(b"IHDR", struct.pack(">IIBBBBB", 0, 9, 8, 2, 0, 0, 0)) + png[33:]),
        ("png with a frame cut", animated[: animated.rindex(b"fdAT") - 4] + make.chunk(b"IEND", b"")),
    ):
        yield Case(name, content, "damaged", given="proof.png")


def _carrying_pictures() -> Iterator[Case]:
    photo, png, program, tar = make.jpeg(), make.png(), make.PROGRAM, make.tar()
    gzip, elf, script = b"\x1f\x8b\x08\0" + bytes(60), b"\x7fELF\x02\x01\x01" + bytes(60), b"#!/bin/sh\nid\n"
    film = make.film(b"moov", bytes(40)) + make.film(b"mdat", noise(3000))
    notes = b"\0\0\x01\x0a\x0e\0\0\0Image_UTC_Data1700000000000SEFH\x6b\0\0\0\x01\0\0\0" + bytes(16) + b"SEFT"
    for name, content in (
        ("jpeg with a whole film", photo + make.film(b"ftyp", b"mp42" + bytes(8)) + film),
        ("jpeg with a film and Samsung's notes", photo + make.film(b"ftyp", b"mp42" + bytes(8)) + film + notes),
        ("jpeg with a map of its light behind it", photo + bytes(9) + make.jpeg(mode="L") + bytes(3)),
        ("jpeg with its maker's notes", make.with_segment(photo, 0xE7, b"HUAWEI\0" + noise(900))),
    ):
        yield Case(name, content, "jpeg", given="photo.jpg")
    for name, kind, data in (
        ("as iPhones write it", b"iDOT", bytes(28)),
        ("with a profile", b"iCCP", b"sRGB\0\0" + zlib.compress(noise(900))),
        ("with a profile of a screen", b"cICP", bytes(4)),
    ):
        yield Case(f"png {name}", make.with_chunk(png, kind, data), "png", given="Screenshot.png")
    yield Case("png in passes", make.interlaced(), "png", given="Screenshot.png")
    for name, base in (("jpeg", photo), ("png", png)):
        for what, content in (
            *(("tar", tar), ("tar behind zeros", bytes(512) + tar), ("gzip", gzip), ("program for Linux", elf)),
            *(("shell script", script), ("noise", noise(900)), ("program", b"\0" * 9 + program), ("text", b"paid")),
        ):
            yield Case(f"{name} with {what} behind its end", base + content, "polyglot")
    yield Case("jpeg with a tar behind a film", photo + make.film(b"ftyp", b"mp42" + bytes(8)) + film + tar, "polyglot")
    yield Case(
        "jpeg with a tar that says it is a film", photo + make.film(b"ftyp", b"mp42" + bytes(8)) + tar, "polyglot"
    )
    yield Case("jpeg with a program that says it is notes", photo + program + notes[20:], "polyglot")
    yield Case("jpeg with a program behind a second picture", photo + photo + program, "polyglot")
    yield Case(
        "jpeg with a program between its parts", photo[:20] + program.replace(b"\xff", b"") + photo[20:], "polyglot"
    )
    for what, content in (
        ("program", program),
        ("program for Linux", elf),
        ("tar", tar),
        ("gzip", gzip),
        ("shell script", script),
    ):
        yield Case(f"jpeg with a {what} in a segment", make.with_segment(photo, 0xE9, content), "polyglot")
        named = make.with_segment(photo, 0xE1, b"Exif\0\0" + content)
        yield Case(f"jpeg with a {what} in its metadata", named, "polyglot")
        yield Case(f"jpeg with a {what} as its comment", make.with_segment(photo, 0xFE, content), "polyglot")
        yield Case(f"png with a {what} in a private chunk", make.with_chunk(png, b"prVt", content), "polyglot")
        yield Case(f"png with a {what} in a text", make.with_chunk(png, b"tEXt", b"Title\0" + content), "polyglot")
        packed = b"Title\0\0" + zlib.compress(content)
        yield Case(f"png with a {what} in a packed text", make.with_chunk(png, b"zTXt", packed), "polyglot")
        behind = png[:-12] + make.chunk(b"IDAT", content) + png[-12:]
        yield Case(f"png with a {what} behind its pixels", behind, "polyglot")
    yield Case("png with more rows than it has", make.rows_too_many(), "polyglot")
    yield Case("png with noise in a chunk of its own", make.with_chunk(png, b"xxXx", noise(50)), "polyglot")
    yield Case("png with a table that is too long", make.with_chunk(png, b"hIST", noise(4000)), "polyglot")


def _others() -> Iterator[Case]:
    yield Case("empty", b"", "empty")
    yield Case("heic", make.brand(b"heic", b"mif1"), "heic", given="IMG_0001.HEIC")
    yield Case("heic named as a jpeg", make.brand(b"mif1", b"heic"), "heic", given="IMG_0001.jpg")
    yield Case("avif", make.brand(b"mif1", b"avif"), "avif", given="a.avif")
    yield Case("webp", b"RIFF\x24\0\0\0WEBPVP8 " + bytes(20), "webp", given="a.webp")
    for name, content in (
        ("gif", b"GIF89a\x01\0\x01\0\0\0\0;"),
        ("bmp", b"BM\x46\0\0\0\0\0\0\0" + bytes(60)),
        ("tiff", b"II*\0\x08\0\0\0" + bytes(60)),
        ("office document", make.archive()),
        ("old office document", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)),
        ("web page", make.PAGE_OF_WEB),
        ("drawing", b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'),
        ("text", b"Paid USD 45.00, thank you"),
        ("film", make.MP4),
        ("program", make.PROGRAM),
        ("noise", noise(5000)),
        ("zeros", bytes(5000)),
        ("form data", b"%FDF-1.2\n1 0 obj<</FDF<<>>>>endobj\n%%EOF"),
        ("PostScript", b"%!PS-Adobe-3.0\nshowpage\n"),
        ("rich text", b"{\\rtf1 paid}"),
    ):
        yield Case(name, content, "unknown-type")


def _cut_stream(missing: int) -> bytes:
    body = zlib.compress(make.TEXT)[:-missing]
    return b"<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(body), body)


def _frames() -> tuple[bytes, bytes]:
    """Return the two pictures of a multi-picture JPEG."""
    both = make.several("MPO", 2)
    second = both.index(b"\xff\xd8\xff", 2)
    return both[:second], both[second:]
