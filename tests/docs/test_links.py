"""Links in the documentation lead somewhere: files exist, and so do the headings that are named."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(path for pattern in ("*.md", "docs/*.md") for path in ROOT.glob(pattern))
LINK = re.compile(r"\]\(([^)\s]+)\)")
#: A page of documentation as comments, messages and other files name it.
NAMED = re.compile(r"(?<![\w/.-])(?:docs/[\w/-]+\.(?:md|service)|CONTRIBUTING\.md|CHANGELOG\.md)")
NAMING = (".py", ".toml", ".service", ".example", ".yaml", "")


def prose(text: str) -> str:
    """Return a page without its blocks of code."""
    return re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


def anchors(text: str) -> Iterator[str]:
    """Yield the address of each heading, as a forge makes it of the heading's words."""
    seen: dict[str, int] = {}
    for heading in re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE):
        words = LINK.sub("]", heading).replace("[", "").replace("]", "").lower()
        slug = re.sub(r"[^\w -]", "", words).replace(" ", "-")
        number = seen.get(slug, 0)
        seen[slug] = number + 1
        yield f"{slug}-{number}" if number else slug


def links() -> Iterator[tuple[Path, str]]:
    """Yield page and target of each link to something of this repository."""
    for page in PAGES:
        for target in LINK.findall(prose(page.read_text(encoding="utf-8"))):
            if not re.match(r"\w+:", target):
                yield page, target


@pytest.mark.parametrize(("page", "target"), [*links()], ids=lambda one: one.name if isinstance(one, Path) else one)
def test_a_link_leads_to_a_file_and_to_a_heading_in_it(page: Path, target: str) -> None:
    name, _hash, anchor = target.partition("#")
    path = (page.parent / name).resolve() if name else page
    assert path.exists(), f"{page.name} links to {name}"
    if anchor:
        assert anchor in set(anchors(path.read_text(encoding="utf-8"))), f"{name or page.name} has no heading #{anchor}"


def test_a_heading_s_address_is_made_of_its_words() -> None:
    text = "# `serve` it, or don't\n\n```\n# none\n```\n\n## Twice\n\n## Twice\n"
    assert list(anchors(text)) == ["serve-it-or-dont", "twice", "twice-1"]


def paths() -> Iterator[tuple[Path, str]]:
    """Yield page and path of each file or folder of the code that a page names."""
    for page in PAGES:
        for name in re.findall(r"`([\w.-]+(?:/[\w.-]+)+/?)`", prose(page.read_text(encoding="utf-8"))):
            if name.endswith(".py") or name.split("/")[0] in ("odoo_client", "pages", "tests", "bench", "docs"):
                yield page, name


@pytest.mark.parametrize(("page", "name"), [*paths()], ids=lambda one: one.name if isinstance(one, Path) else one)
def test_files_and_folders_that_are_named_exist(page: Path, name: str) -> None:
    # The architecture is a walk through odoo_client.
    assert (ROOT / name).exists() or (ROOT / "odoo_client" / name).exists()


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no repository: git cannot say what belongs to it")
def test_pages_that_code_and_messages_name_exist() -> None:
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-co", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    files = [path for path in (ROOT / name for name in listed) if path.suffix in NAMING and path.is_file()]
    named = {name: path for path in files for name in NAMED.findall(path.read_text(encoding="utf-8", errors="ignore"))}
    assert "docs/deploying.md" in named
    assert not {name: path for name, path in named.items() if not (ROOT / name).exists()}
