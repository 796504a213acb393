"""The files that docs/deploying.md hands out: systemd takes the unit, and it is closed where it says so."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "docs" / "deploy" / "afinet-dashboard.service"
DEPLOYING = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
#: Of ten, as `systemd-analyze security` counts; above 5 it calls a unit exposed.
MOST_EXPOSED = 2.0
needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with a program that is there."""
    program = tmp_path / "afinet-dashboard"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    path = tmp_path / UNIT.name
    path.write_text(re.sub(r"(?<=^ExecStart=)\S+", str(program), UNIT.read_text(), flags=re.MULTILINE))
    return path


@needs_systemd
def test_systemd_takes_the_unit(unit: Path) -> None:
    command = ["systemd-analyze", "verify", "--recursive-errors=no", str(unit)]
    checked = subprocess.run(command, capture_output=True, text=True)
    # What it says of this machine's other units is not asked.
    said = [line for line in checked.stderr.splitlines() if UNIT.name in line]
    assert (checked.returncode, said) == (0, [])


@needs_systemd
def test_the_unit_is_hardened(unit: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)]
    said = subprocess.run(command, capture_output=True, text=True).stdout
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", said)
    assert found, said
    assert float(found[1]) <= MOST_EXPOSED


def test_the_unit_starts_what_the_text_installs() -> None:
    started = re.search(r"^ExecStart=(\S+) serve ", UNIT.read_text(), re.MULTILINE)
    assert started
    assert f"{started[1]} doctor" in DEPLOYING
    assert f"{Path(started[1]).parent}/pip install" in DEPLOYING
    settings = re.search(r"^EnvironmentFile=(\S+)$", UNIT.read_text(), re.MULTILINE)
    assert settings
    assert f"`{settings[1]}`" in DEPLOYING
