# The commands of this project: `just` lists them.

python := ".venv/bin/python"

_default:
    @just --list --unsorted

# Make .venv with everything the tests need
setup:
    python3 -m venv .venv
    .venv/bin/pip install -q -c constraints.txt -e '.[test]'

# Serve the dashboard: the demo, or the Odoo that the settings name
run *options:
    {{python}} -m odoo_client serve {{options}}

# Unit, app and documentation tests, on two cores; or the tests named
test *tests:
    {{python}} -m pytest -n 2 --dist worksteal {{tests}}

# Style and imports
lint:
    .venv/bin/ruff check
    .venv/bin/ruff format --check

# Types, as strict as mypy is, of the files that pyproject.toml names
types:
    .venv/bin/mypy

# Tests in Chromium; docs/testing.md says how to get it
browser *options:
    {{python}} -m pytest -m browser {{options}}

# Tests against real Odoo servers; docs/testing.md says how to get them
odoo *options:
    {{python}} -m pytest -m "odoo and not browser" {{options}}

# Pages over large books; docs/testing.md tells of the other benchmarks
bench *options:
    {{python}} bench/pages.py {{options}}

# Write the generated parts of docs/
docs:
    {{python}} -m tests.support.reference
