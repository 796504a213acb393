"""True and hostile payment proofs, and mutations of them at random, judged: nothing crashes, what is accepted parses.

`python bench/uploads.py [--mutations N] [--seed N]` prints how many got which verdict and the time of each, and fails
when a file of the corpus got another verdict than it must, when one ended in anything but a verdict, or was accepted
though Pillow or pypdf cannot read it or it holds a script. The process that judges is forked from one that has the
parsers loaded; `--processes` starts Python for each file as the app does, which takes ten times as long.
"""

from __future__ import annotations

import argparse
import io
import logging
import random
import re
import statistics
import subprocess
import sys
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast
from unittest import mock

from PIL import Image
from pypdf import PdfReader
from pypdf.generic import ArrayObject

sys.path.insert(0, str(Path(__file__).parents[1]))

from odoo_client.documents.proof.judge import CHILDREN, ProofFile, judge
from odoo_client.errors import ProofRefusedError
from tests.proof_corpus import corpus
from tests.proof_forks import Forks

LARGEST_SEED = 60_000
SIGNATURES = (
    *(b"PK\x03\x04\x14\0\0\0\x08\0", b"PK\x05\x06" + bytes(18), b"MZ", b"<script>", b"<?php "),
    *(b"/S/JavaScript", b"/OpenAction", b"/EmbeddedFile", b"/Launch", b"%PDF-1.7\n", b"%%EOF\n", b"endstream"),
    *(b"stream\n", b"endobj", b"1 0 obj", b"xref\n0 9999999\n", b"(", b"<<", b">>", b"[" * 400, bytes(64)),
    *(b"\xff\xd8\xff", b"\xff\xd9", b"IEND\xaeB`\x82"),
)
_PACKED = re.compile(rb"stream\r?\n(.*?)\r?\n?endstream", re.DOTALL)
_FORBIDDEN = re.compile(rb"/(?:JavaScript|Launch|EmbeddedFiles?|RichMedia|XFA|SubmitForm|ImportData|GoTo[ER])\b")


@dataclass
class Outcome:
    """How many files got which verdict, how long each took, and what went wrong."""

    verdicts: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def mutations(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Return files made from those of the corpus by one to three changes each, the same for the same seed."""
    chance = random.Random(seed)
    kinds = ("pdf", "jpeg", "png", "script", "attachment", "polyglot", "password")
    seeds = [case for case in corpus() if case.verdict in kinds and len(case.content) < LARGEST_SEED]
    # Most change what would be accepted: there a wrong verdict can happen.
    weights = [4 if case.accepted else 1 for case in seeds]
    for number in range(count):
        case, other = chance.choices(seeds, weights, k=2)
        content = case.content
        for _change in range(chance.randint(1, 3)):
            content = _changed(content, other.content, chance)
        yield f"{number}: {case.name}", content


def _changed(content: bytes, other: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(content) + 1)
    end = min(len(content), place + chance.choice((1, 4, 30, 400)))
    match chance.randrange(8):
        case 0 | 1:
            flipped = bytearray(content)
            for _bit in range(chance.choice((1, 1, 2, 8)) if content else 0):
                flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
            return bytes(flipped)
        case 2:
            return content[:place]
        case 3:
            return content[:place] + content[end:]
        case 4:
            return content[:end] + content[place:]
        case 5:
            return content[:place] + chance.choice(SIGNATURES) + content[place:]
        case 6:
            return content[:place] + chance.randbytes(end - place) + content[end:]
        case _:
            start = chance.randrange(len(other) + 1)
            return content[:place] + other[start:] if chance.random() < 0.5 else content + other[start:]


def fault_of(file: ProofFile) -> str:
    """Return why the file should not have been accepted, "" when it reads well; other code than the judge's."""
    try:
        if file.kind != "pdf":
            with Image.open(io.BytesIO(file.content)) as picture:
                picture.load()
                wanted = ("PNG",) if file.kind == "png" else ("JPEG", "MPO")
                return "" if picture.format in wanted else f"is {picture.format}"
        reader = PdfReader(io.BytesIO(file.content))
        if len(reader.pages) != file.pages:
            return f"has {len(reader.pages)} pages, not {file.pages}"
        for page in reader.pages:
            box = cast(ArrayObject, page["/MediaBox"])
            left, bottom, right, top = (float(side.get_object()) for side in box[:4])
            if left == right or bottom == top:
                return "has a page of no size"
            contents = page.get_contents()
            if contents is not None:
                contents.get_data()
    except Exception as exc:
        return f"does not parse: {exc!r}"
    return _forbidden(file.content)


def _forbidden(content: bytes) -> str:
    """Return the first forbidden name outside streams, or inside a stream of objects."""
    parts = [_PACKED.sub(b" ", content)]
    for found in _PACKED.finditer(content):
        try:
            unpacked = zlib.decompressobj().decompress(found[1], 4_000_000)
        except zlib.error:
            continue
        # What begins with pairs of numbers is a stream of objects.
        if re.match(rb"\s*\d+\s+\d+\s", unpacked):
            parts.append(unpacked)
    for part in parts:
        spelled = re.sub(rb"#([0-9A-Fa-f]{2})", lambda pair: bytes.fromhex(pair[1].decode()), part)
        if name := _FORBIDDEN.search(re.sub(rb"\(https?:[^()\s]*\)", b"()", spelled)):
            return f"holds {name[0].decode()}"
    return ""


def run(count: int, seed: int) -> Outcome:
    """Judge that many mutations, as many at once as the app would."""
    outcome = Outcome()
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    with ThreadPoolExecutor(CHILDREN) as pool:
        for name, verdict, took, fault in pool.map(_judged, mutations(count, seed)):
            outcome.verdicts[verdict] += 1
            outcome.seconds.append(took)
            if fault:
                outcome.faults.append(f"{name}: {verdict}, but {fault}")
    return outcome


def misjudged() -> list[str]:
    """Return which files of the corpus got another verdict than they must."""
    found = ((case, _judged((case.name, case.content))[1]) for case in corpus())
    return [f"{case.name}: {verdict}, not {case.verdict}" for case, verdict in found if verdict != case.verdict]


def _judged(mutation: tuple[str, bytes]) -> tuple[str, str, float, str]:
    name, content = mutation
    started = time.perf_counter()
    try:
        file = judge("proof.pdf", content)
    except ProofRefusedError as refusal:
        return name, refusal.reason, time.perf_counter() - started, ""
    except Exception as exc:
        return name, "crash", time.perf_counter() - started, f"{exc!r}"
    return name, file.kind, time.perf_counter() - started, fault_of(file)


def main() -> int:
    """Judge mutations and print what became of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutations", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=20_261_127)
    parser.add_argument("--processes", action="store_true", help="start Python for each file, as the app does")
    asked = parser.parse_args()
    with Forks() as forks, nullcontext() if asked.processes else mock.patch.object(subprocess, "run", forks.run):
        wrong = misjudged()
        outcome = run(asked.mutations, asked.seed)
    print(f"{len(corpus()) - len(wrong):6,}  of {len(corpus()):,} files of the corpus as they must be")
    for verdict, number in outcome.verdicts.most_common():
        print(f"{number:6,}  {verdict}")
    seconds = sorted(outcome.seconds)
    print(
        f"{len(seconds):6,}  files, seed {asked.seed}: median {statistics.median(seconds):.2f} s, "
        f"90 % under {seconds[len(seconds) * 9 // 10]:.2f} s, longest {seconds[-1]:.2f} s"
    )
    for fault in (*wrong, *outcome.faults):
        print(f"WRONG  {fault}")
    return 1 if wrong or outcome.faults else 0


if __name__ == "__main__":
    sys.exit(main())
