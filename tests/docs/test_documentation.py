"""The documentation keeps up with the code: settings, pages, commands, metrics, roles; and rules no linter knows."""

from __future__ import annotations

import re
import subprocess
import tomllib
from datetime import date
from pathlib import Path

import pytest

from odoo_client.config import Settings
from odoo_client.metrics.definitions import ALL
from pages.ui.menu import PAGES
from tests.support import layers, reference

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
DOCS = {path.stem: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
MOST_OF_README_BYTES = 15_000
KINDS_OF_CHANGE = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


@pytest.mark.parametrize("page", DOCS)
def test_what_repeats_the_code_is_as_the_code_has_it(page: str) -> None:
    assert reference.written(DOCS[page]) == DOCS[page], f"run {reference.COMMAND}"


def test_each_generated_part_stands_on_one_page() -> None:
    held = [name for text in DOCS.values() for name in reference.held(text)]
    assert sorted(held) == sorted(reference.names())


def test_every_metric_has_a_subject_in_the_order_of_the_registry() -> None:
    assert [metric for _heading, module in reference.SUBJECTS for metric in module.METRICS] == list(ALL)


def test_groups_of_settings_begin_at_settings_in_their_order() -> None:
    assert [name for name in Settings.model_fields if name in reference.GROUPS] == list(reference.GROUPS)


def test_the_default_patterns_can_be_copied_into_secrets() -> None:
    written = reference.patterns().removeprefix("```toml").removesuffix("```")
    assert Settings(**tomllib.loads(written)) == Settings()


@pytest.mark.parametrize("name", reference.commands())
def test_every_command_and_option_has_help_and_a_section(name: str) -> None:
    command = reference.commands()[name]
    assert command.help, f"{name} has no help"
    assert all(option.help for option in command.params), f"an option of {name} has no help"
    section = DOCS["command-line"].split(f"\n## {name}\n", 1)[1].split("\n## ", 1)[0]
    assert reference.held(section) == [f"options of {name}"]
    assert len(section.split("<!--")[0].split()) > 10, f"{name} is not described"
    assert f"`{name}`" in README


def test_the_architecture_has_every_room_on_its_floor() -> None:
    rows = re.findall(r"^\| (\d|apart) \| ([^|]+) \|", DOCS["architecture"], re.MULTILINE)
    told = {(floor, room) for floor, cell in rows for room in re.findall(r"`(\w+)`", cell)}
    floors = {(str(number), room) for number, rooms in enumerate(layers.FLOORS) for room in rooms}
    assert told == floors | {("apart", layers.APART)}


@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_described(page: str) -> None:
    title = PAGES[page][0]
    assert f"\n**{title}** " in DOCS["pages"]
    assert f"\n| **{title}** |" in README


def test_the_readme_is_short() -> None:
    assert len(README.encode()) <= MOST_OF_README_BYTES


def test_the_first_screen_has_the_two_commands() -> None:
    first_screen = "\n".join(README.splitlines()[:40])
    assert "streamlit run app.py" in first_screen
    assert "<!-- test-command -->" in first_screen
    assert "pytest" in first_screen
    assert re.search(r"!\[[^]]+\]\(docs/images/", first_screen)


@pytest.mark.parametrize("page", DOCS)
def test_the_readme_leads_to_every_page_of_documentation(page: str) -> None:
    assert f"](docs/{page}.md)" in README


def test_the_changelog_tells_of_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"## [{version}]" in CHANGELOG


def test_the_changelog_keeps_its_form() -> None:
    """As Keep a Changelog has it: versions with their days, the newest first, changes by their kind."""
    first, *versions = re.findall(r"^## (.+)$", CHANGELOG, re.MULTILINE)
    assert first == "[Unreleased]"
    days = [re.fullmatch(r"\[\d+\.\d+\.\d+\] - (\d{4}-\d\d-\d\d)", version) for version in versions]
    assert all(days)
    told = [date.fromisoformat(day[1]) for day in days if day]
    assert told == sorted(told, reverse=True)
    assert set(re.findall(r"^### (.+)$", CHANGELOG, re.MULTILINE)) <= KINDS_OF_CHANGE


def test_constraints_pin_every_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    names = {re.match(r"[\w.-]+", one)[0].lower().replace("_", "-") for one in wanted}  # type: ignore[index]
    pins = (ROOT / "constraints.txt").read_text().splitlines()
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", pin) for pin in pins)
    assert names <= {pin.split("==")[0].lower().replace("_", "-") for pin in pins}


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize(
    "path", [*modules("odoo_client"), *modules("pages/ui")], ids=lambda path: str(path.relative_to(ROOT))
)
def test_modules_stay_readable_in_size(path: Path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", sorted((ROOT / "pages").glob("*.py")), ids=lambda path: path.name)
def test_pages_stay_readable_in_size(path: Path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 200


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no repository: git cannot say what belongs to it")
def test_the_repository_holds_no_path_of_a_machine_and_no_registry_s_host():
    # The tree may be another user's (a checkout mounted into a container): git would not look into it unasked.
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-co", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "README.md" in listed.stdout.splitlines()
    hosts = re.compile(
        r"pypi\.(org|python)|files\.python" + r"hosted|registry\.npm" + r"js|deb\.debian" + r"\.org|/ro" + "ot/"
    )
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.suffix in (".py", ".md", ".toml", ".txt", ".sh", "") and path.is_file():
            found = hosts.search(path.read_text(encoding="utf-8", errors="ignore"))
            assert found is None or path == Path(__file__), f"{name}: {found and found[0]}"
