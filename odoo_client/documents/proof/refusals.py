"""What no proof of payment of any kind contains, recognised by its bytes; run in the process of `child`."""

from __future__ import annotations

import re

#: Programs, archives and Office documents, by what no picture or page holds by chance.
_PROGRAM = re.compile(
    rb"\x7fELF[\x01\x02][\x01\x02]\x01|This program cannot be run in DOS mode|Rar!\x1a\x07|7z\xbc\xaf\x27\x1c"
    rb"|\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
)
#: ... and by how they begin.
_CARRIED = re.compile(
    rb"MZ.{58}|\x7fELF|#!|PK[\x03\x05\x07]|\x1f\x8b\x08|BZh\d|\xfd7zXZ\0|\x28\xb5\x2f\xfd|Rar!|7z\xbc\xaf|MSCF\0|ITSF"
    rb"|\xca\xfe\xba\xbe|[\xce\xcf]\xfa\xed\xfe|\xfe\xed\xfa[\xce\xcf]|\0asm|dex\n0|!<arch>|L\0\0\0\x01\x14\x02\0|.{257}ustar",
    re.DOTALL,
)
#: What browsers and servers run, wherever it stands.
_WEB = re.compile(rb"<script|<\?php|<html|<!doctype html|<iframe", re.IGNORECASE)
#: Shorter ones: only where no compressed data can look like them.
_WEB_SHORT = re.compile(rb"<svg|<body|<img|<object|<embed|javascript:|^\s*#!", re.IGNORECASE)
#: The head of a ZIP's entry: signature, version, flags, a method that exists.
_ZIP_ENTRY = re.compile(rb"PK\x03\x04[\x00-\x3f][\x00\x03]..(?:[\x00-\x0e\x14]|[\x5d-\x63])\x00", re.DOTALL)
_ZIP_END = b"PK\x05\x06"
_ZIP_END_LENGTH = 22


class RefusedError(Exception):
    """The file is refused; `reason` is one of the codes of `judge`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def refuse_foreign(content: bytes) -> None:
    """Refuse a file that another program would open as a ZIP archive, whatever surrounds that."""
    if _ZIP_ENTRY.search(content) or _ends_as_zip(content):
        raise RefusedError("polyglot")


def refuse_web(content: bytes, *, plain: bool) -> None:
    """Refuse what browsers or servers would run; `plain` is text or metadata, where also short marks count."""
    if _WEB.search(content) or (plain and _WEB_SHORT.search(content)):
        raise RefusedError("polyglot")


def refuse_carried(data: bytes) -> None:
    """Refuse programs and archives by how they begin."""
    if _CARRIED.match(data) or _PROGRAM.search(data):
        raise RefusedError("polyglot")


def _ends_as_zip(content: bytes) -> bool:
    """Return whether there is a ZIP's end record that readers would follow: they look for it from the end."""
    first = max(0, len(content) - _ZIP_END_LENGTH - 0xFFFF)
    place = content.rfind(_ZIP_END, first)
    while place >= 0:
        record = content[place : place + _ZIP_END_LENGTH]
        if len(record) == _ZIP_END_LENGTH:
            size = int.from_bytes(record[12:16], "little")
            comment = int.from_bytes(record[20:22], "little")
            ends = place + _ZIP_END_LENGTH + comment <= len(content)
            if ends and size <= place and (not size or content.startswith(b"PK\x01\x02", place - size)):
                return True
        place = content.rfind(_ZIP_END, first, place)
    return False
