"""Payment proofs are judged by their content, in a process with limits; nothing but a clean parse is accepted."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from bench.uploads import run
from odoo_client.documents.proof import judge as proof_file
from odoo_client.documents.proof.judge import (
    CHILDREN,
    LONGEST_NAME,
    MIMETYPES,
    Kind,
    ProofLimits,
    child_command,
    judge,
    safe_name,
)
from odoo_client.errors import ProofRefusedError
from tests import proof_makers as make
from tests.proof_corpus import Case, corpus
from tests.proof_forks import Forks

CASES = corpus()
#: `bench/uploads.py` judges 2,000.
MUTATIONS, SEED = 600, 7


def refusal(content: bytes, limits: ProofLimits | None = None, name: str = "proof.pdf") -> ProofRefusedError:
    with pytest.raises(ProofRefusedError) as caught:
        judge(name, content, limits or ProofLimits())
    return caught.value


def answering(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Let a program of one's own stand for the process that judges."""
    monkeypatch.setattr(proof_file, "child_command", lambda: [sys.executable, "-I", "-c", program])


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    with Forks() as running:
        yield running


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_file_of_the_corpus_gets_its_verdict(monkeypatch: pytest.MonkeyPatch, forks: Forks, case: Case) -> None:
    monkeypatch.setattr("odoo_client.documents.proof.judge.subprocess.run", forks.run)
    if not case.accepted:
        error = refusal(case.content, name=case.given)
        assert error.reason == case.verdict
        assert error.sentence == str(error)
        assert error.sentence.endswith(".")
        assert "\n" not in error.sentence
        assert "{" not in error.sentence
        return
    file = judge(case.given, case.content)
    assert (file.kind, file.pages) == (case.verdict, case.pages)
    assert file.content == case.content
    assert file.size_bytes == len(case.content)
    assert file.mimetype == MIMETYPES[file.kind]
    assert file.sha256 == hashlib.sha256(case.content).hexdigest()
    assert file.sha1 == hashlib.sha1(case.content, usedforsecurity=False).hexdigest()
    assert file.name.endswith({"pdf": ".pdf", "jpeg": ".jpg", "png": ".png"}[file.kind])


#: A file for each way through the process.
EACH_WAY = (
    *("pdf of three pages with a photo", "pdf that opens with the empty password, AES-256", "jpeg", "png that moves"),
    *("script in an object stream", "attached file", "jpeg and program", "pdf stream that unpacks to 80 MB", "heic"),
)


@pytest.mark.parametrize("name", EACH_WAY)
def test_the_process_itself_says_what_its_fork_says(name: str) -> None:
    (case,) = (case for case in CASES if case.name == name)
    assert _verdict(case) == case.verdict


def test_the_corpus_has_many_files_of_each_sort_and_no_name_twice() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
    assert len(CASES) >= 300
    assert sum(case.accepted for case in CASES) >= 70
    assert {case.verdict for case in CASES} >= {
        "pdf", "jpeg", "png", "empty", "too-large", "unknown-type", "heic", "avif", "webp", "password", "script",
        "attachment", "polyglot", "damaged", "too-many-pages", "huge-page", "too-many-pixels", "out-of-memory",
    }  # fmt: skip


def test_mutations_never_crash_and_what_is_accepted_parses(monkeypatch: pytest.MonkeyPatch, forks: Forks) -> None:
    monkeypatch.setattr("odoo_client.documents.proof.judge.subprocess.run", forks.run)
    outcome = run(MUTATIONS, SEED)
    assert outcome.faults == []
    assert sum(outcome.verdicts.values()) == MUTATIONS
    # Were nothing accepted, or nothing refused, this would show nothing.
    assert sum(outcome.verdicts[kind] for kind in ("pdf", "jpeg", "png")) >= 10
    assert outcome.verdicts["damaged"] >= 10


@pytest.mark.parametrize(
    ("given", "kind", "name"),
    [
        ("receipt.pdf", "pdf", "receipt.pdf"),
        ("IMG_2026.JPEG", "jpeg", "IMG_2026.jpg"),
        ("invoice.pdf.exe", "pdf", "invoice.pdf"),
        ("scan.PNG", "jpeg", "scan.jpg"),
        ("../../etc/passwd", "pdf", "passwd.pdf"),
        ("C:\\Users\\T. Moyo\\proof 1.pdf", "pdf", "proof 1.pdf"),
        ("paid 45.00", "png", "paid 45.00.png"),
        ("J. Moyo.pdf", "pdf", "J. Moyo.pdf"),
        ("a\x00b\r\nc\u202egnp.pdf", "pdf", "ab cgnp.pdf"),
        ('a<b>:"|?*.pdf', "pdf", "a-b.pdf"),
        ("Zahlung für März – 45 €.pdf", "pdf", "Zahlung für März – 45 €.pdf"),
        ("", "pdf", "payment-proof.pdf"),
        (".pdf", "pdf", "payment-proof.pdf"),
        ("...", "png", "payment-proof.png"),
        ("folder/", "png", "payment-proof.png"),
        (".htaccess", "jpeg", "htaccess.jpg"),
        ("\ud800.pdf", "pdf", "payment-proof.pdf"),
    ],
)
def test_the_name_is_ours_whatever_was_given(given: str, kind: Kind, name: str) -> None:
    assert safe_name(given, kind) == name


@pytest.mark.parametrize(
    ("more", "width"),
    [(b"", 595), (b"/Rotate 90", 842), (b"/Rotate 270", 842), (b"/Rotate 180", 595), (b"/UserUnit 2", 1190)],
)
def test_a_pdf_is_as_wide_as_its_page_is_shown(more: bytes, width: int) -> None:
    assert judge("a.pdf", make.one(page=more)).width == width


def test_a_long_name_is_cut_before_its_ending() -> None:
    name = safe_name("proof of payment " * 30 + ".pdf", "jpeg")
    assert len(name) <= LONGEST_NAME
    assert name.startswith("proof of payment proof")
    assert name.endswith(".jpg")
    assert safe_name("x" * 500, "pdf") == "x" * (LONGEST_NAME - 4) + ".pdf"


def test_the_sentence_names_the_limit_that_was_passed() -> None:
    assert "2 MB" in refusal(make.one() + bytes(3 << 20), ProofLimits(max_bytes=2 << 20)).sentence
    assert "3 pages" in refusal(make.many_pages(4), ProofLimits(max_pages=3)).sentence
    assert "0.01 million" in refusal(make.jpeg(), ProofLimits(max_pixels=10_000)).sentence
    assert "JPG or PDF" in refusal(make.brand(b"heic")).sentence
    assert "ZIP" in refusal(make.archive()).sentence


def test_limits_are_the_callers() -> None:
    assert judge("a.pdf", make.many_pages(30), ProofLimits(max_pages=30)).pages == 30
    assert judge("a.jpg", make.jpeg(), ProofLimits(max_pixels=160 * 120)).kind == "jpeg"


def test_a_picture_that_takes_too_long_is_stopped() -> None:
    # A progressive JPEG of 300 passes over 49 million pixels, in 210 KB.
    target = io.BytesIO()
    Image.new("L", (7_000, 7_000), 200).save(target, "JPEG", progressive=True)
    whole = target.getvalue()
    bomb = whole[:-2] + whole[whole.rindex(b"\xff\xda") : -2] * 300 + b"\xff\xd9"
    started = time.monotonic()
    assert refusal(bomb, ProofLimits(time_s=1.0)).reason == "timeout"
    assert time.monotonic() - started < 5


def test_a_picture_that_needs_more_memory_than_allowed_is_refused() -> None:
    target = io.BytesIO()
    Image.new("RGB", (6_000, 6_000)).save(target, "PNG")
    assert refusal(target.getvalue(), ProofLimits(memory_bytes=128 << 20)).reason == "out-of-memory"


def test_the_memory_allowed_grows_with_the_pixels_allowed() -> None:
    assert ProofLimits().memory < 1 << 30
    assert ProofLimits(max_pixels=200_000_000).memory > 2_400_000_000
    assert ProofLimits(max_pixels=1, memory_bytes=5).memory == 5


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("import time; time.sleep(60)", "timeout"),
        ("while True: pass", "timeout"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", "timeout"),
        ("import os; os.kill(os.getpid(), 9)", "out-of-memory"),
        ("import os; os.abort()", "damaged"),
        ("raise SystemExit(3)", "damaged"),
        ("", "damaged"),
        ("print('yes')", "damaged"),
        ("print('[]')", "damaged"),
        ("print('{}')", "damaged"),
        ('print(\'{"kind": "pdf"}\')', "damaged"),
        ('print(\'{"kind": "png", "pages": 1, "width": 9}\')', "damaged"),
        ('print(\'{"kind": "pdf", "pages": 0, "width": 9}\')', "damaged"),
        ('print(\'{"kind": "pdf", "pages": true, "width": 9}\')', "damaged"),
        ('print(\'{"kind": "pdf", "pages": "1", "width": 9}\')', "damaged"),
        ('print(\'{"kind": "pdf", "pages": 1, "refused": "script", "width": 9}\')', "damaged"),
        ('print(\'{"kind": "pdf", "pages": 1, "width": 9}\'); raise SystemExit(1)', "damaged"),
        ('print(\'{"kind": "pdf", "pages": 1, "width": NaN}\')', "damaged"),
        ('print(\'{"kind": "pdf", "pages": 1, "width": "9px"}\')', "damaged"),
        ('print(\'{"kind": "pdf", "pages": 1}\')', "damaged"),
        ('print(\'{"refused": "unheard"}\')', "damaged"),
        ('print(\'{"refused": "script"}\')', "script"),
    ],
)
def test_whatever_the_process_does_but_say_yes_is_a_refusal(
    monkeypatch: pytest.MonkeyPatch, program: str, reason: str
) -> None:
    answering(monkeypatch, program)
    assert refusal(make.one(), ProofLimits(time_s=0.5 if reason == "timeout" else 10.0)).reason == reason


def test_a_process_that_cannot_be_started_is_a_refusal_and_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(proof_file, "child_command", lambda: ["/nowhere/python"])
    assert refusal(make.one()).reason == "unchecked"
    assert "cannot be started" in caplog.text


def test_a_server_without_the_parsers_takes_nothing_and_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    command = child_command()
    hidden = "import sys; sys.modules['pikepdf'] = None; " + command[-2]
    monkeypatch.setattr(proof_file, "child_command", lambda: [*command[:-2], hidden, command[-1]])
    assert refusal(make.one()).reason == "unchecked"
    assert "pikepdf" in caplog.text


def test_the_process_knows_no_password_and_no_folder_of_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ODOO_PASSWORD", "the-key")
    answering(
        monkeypatch, "import json, os; print(json.dumps({'kind': 'pdf', 'pages': 1 + len(os.environ), 'width': 9}))"
    )
    assert judge("a.pdf", make.one()).pages <= 3
    monkeypatch.undo()
    # Code that lies where the app was started is not run.
    (tmp_path / "pikepdf.py").write_text("raise SystemExit(1)")
    (tmp_path / "json.py").write_text("raise SystemExit(1)")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert judge("a.pdf", make.one()).kind == "pdf"


def test_the_process_may_write_no_file_and_take_no_more_than_it_is_given(tmp_path: Path) -> None:
    program = f"""
import json, resource, sys
sys.path.append({str(Path(__file__).parents[2])!r})
from odoo_client.documents.proof.child import _limit
_limit(300 << 20, 2)
try:
    with open({str(tmp_path / "out")!r}, "wb") as out:
        out.write(b"x")
    wrote = True
except OSError:
    wrote = False
try:
    held = bytearray(400 << 20)
except MemoryError:
    held = None
names = ("RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_CORE", "RLIMIT_FSIZE", "RLIMIT_NPROC")
print(json.dumps([wrote, held is None, [resource.getrlimit(getattr(resource, name))[0] for name in names]]))
"""
    said = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, check=True, timeout=30)
    assert json.loads(said.stdout) == [False, True, [300 << 20, 2, 0, 0, 0]]


def test_only_so_many_processes_run_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    guard, running, most = threading.Lock(), 0, 0

    def pretended(*_args: object, **_more: object) -> subprocess.CompletedProcess[bytes]:
        nonlocal running, most
        with guard:
            running += 1
            most = max(most, running)
        time.sleep(0.05)
        with guard:
            running -= 1
        return subprocess.CompletedProcess([], 0, b'{"kind": "pdf", "pages": 1, "width": 595}')

    monkeypatch.setattr("odoo_client.documents.proof.judge.subprocess.run", pretended)
    with ThreadPoolExecutor(8) as pool:
        files = list(pool.map(lambda number: judge(f"{number}.pdf", make.one()), range(8)))
    assert [file.name for file in files] == [f"{number}.pdf" for number in range(8)]
    assert most == CHILDREN


def test_who_waits_too_long_is_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof_file, "WAIT_S", 0.05)
    monkeypatch.setattr(proof_file, "_slots", threading.BoundedSemaphore(1))
    with proof_file._slots:
        assert refusal(make.one()).reason == "busy"
    assert judge("a.pdf", make.one()).kind == "pdf"


def test_several_people_are_served_at_once_each_their_own_verdict() -> None:
    chosen = [case for case in CASES if len(case.content) < 5_000][::30]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(_verdict, chosen))
    assert found == [case.verdict for case in chosen]


def _verdict(case: Case) -> str:
    try:
        return judge(case.given, case.content).kind
    except ProofRefusedError as error:
        return error.reason
