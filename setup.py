"""What pyproject.toml cannot say: a wheel carries the app too, in a folder of its own.

Pages import each other as `pages.…`, and Streamlit reads `.streamlit/config.toml` beside the script it runs. So
`app.py`, `pages` and that file keep their places towards each other, in the folder `afinet_dashboard` beside
`odoo_client`, which Streamlit puts on the path: a package `pages` on top of site-packages would be anybody's.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
#: As `odoo_client.doctor.streamlit_options` calls it.
FOLDER = "afinet_dashboard"
SUFFIXES = (".py", ".svg", ".js", ".css")


class BuildWithApp(build_py):
    """Copies the app beside the packages; an editable install runs it from the checkout."""

    def run(self) -> None:
        """Build the packages, then copy what `streamlit run` needs: named, so that no secrets.toml comes along."""
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib) / FOLDER
        # What an earlier build left here may have been removed since.
        shutil.rmtree(target, ignore_errors=True)
        pages = [path for path in (HERE / "pages").rglob("*") if path.suffix in SUFFIXES]
        for path in (HERE / "app.py", HERE / ".streamlit" / "config.toml", *pages):
            copy = target / path.relative_to(HERE)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)


setup(cmdclass={"build_py": BuildWithApp})
