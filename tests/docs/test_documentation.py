"""The README keeps up with the code: every setting, page, command and metric is in it; and rules no linter knows."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import typer

from odoo_client.cli import main as cli
from odoo_client.metrics.definitions import Metric
from odoo_client.metrics.registry import METRICS
from odoo_client.roles import DEFAULT_ROLES, ROLES, Role
from tests.settings_table import SETTINGS_TABLE, SettingRow

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def rows(heading: str) -> dict[str, list[str]]:
    """The table under a heading: first cell → the others."""
    section = README.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:2] == "| "]
    return {row[0].strip("`"): row[1:] for row in cells}


@pytest.mark.parametrize("setting", SETTINGS_TABLE, ids=lambda setting: setting.name)
def test_every_setting_is_in_the_table_with_its_default_and_meaning(setting: SettingRow):
    default, meaning = rows("Settings")[setting.name]
    assert default.strip("`") == setting.default.strip("`")
    assert meaning == setting.description.replace("|", "\\|")


def test_the_table_names_no_setting_that_does_not_exist():
    named = {name for name in rows("Settings") if re.fullmatch(r"[A-Z_]+", name)}
    assert named == {setting.name for setting in SETTINGS_TABLE}


def cells(names: tuple[str, ...]) -> str:
    return ", ".join(name.replace("_", " ") for name in names) or "none"


@pytest.mark.parametrize("role", ROLES)
def test_the_table_of_roles_is_the_one_in_force(role: Role):
    _groups, pages, actions, personal = rows("Sign-in and roles")[role]
    grant = DEFAULT_ROLES[role]
    assert (pages, actions, personal) == (cells(grant.pages), cells(grant.actions), cells(grant.personal))


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.key)
def test_every_metric_is_in_the_table_with_its_formula(metric: Metric):
    formula, unit = rows("Metrics")[metric.name]
    assert formula == metric.formula
    assert unit == metric.unit


def command_names() -> list[str]:
    return sorted(typer.main.get_command(cli.app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", command_names())
def test_every_command_and_option_is_described(name: str):
    command = typer.main.get_command(cli.app).commands[name]  # type: ignore[attr-defined]
    assert command.help, f"{name} has no help"
    section = README.split("## Command line\n", 1)[1].split("\n## ", 1)[0]
    bullets = [one for one in f"\n{section}".split("\n- ") if re.match(rf"`python -m odoo_client {name}\b", one)]
    assert len(bullets) == 1
    # Whole words: `--all` is not described by `--allow`.
    words = set(re.findall(r"(?<![\w-])-{0,2}\w[\w-]*", bullets[0]))
    for option in command.params:
        assert option.help, f"{option.name} has no help"
        # An argument is known by the word that stands for it, an option by its name.
        assert (option.opts[0] if option.param_type_name == "option" else option.metavar) in words


@pytest.mark.parametrize("page", sorted(path.stem for path in (ROOT / "pages").glob("*.py") if path.stem[0] != "_"))
def test_every_page_is_described(page: str):
    if page != "main":
        assert f"**{page.title()}**" in README


def test_the_first_screen_has_the_two_commands():
    first_screen = "\n".join(README.splitlines()[:40])
    assert "streamlit run app.py" in first_screen
    assert "<!-- test-command -->" in first_screen
    assert "pytest" in first_screen


def test_pictures_and_files_that_the_readme_links_to_exist():
    for target in re.findall(r"\]\(((?!http)[^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_changelog_tells_of_this_version():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"## {version}" in CHANGELOG


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
