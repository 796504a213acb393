"""What `python -m odoo_client backup` and `restore` do: copy DATA_DIR while the app runs, and put a copy back.

Neither asks Odoo. Both are written into the audit trail, under the name of the user at the terminal.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from odoo_client.backup.restore import restore
from odoo_client.backup.take import LINKS, OUTBOX, TRAIL, back_up
from odoo_client.cli.outbox import at_the_terminal
from odoo_client.config import Settings
from odoo_client.errors import BackupError
from odoo_client.people.audit import audit_log

NO_DEMO = "The demo keeps nothing: there is nothing to back up or to restore. Set the ODOO_ settings of your own Odoo."
NAMES = {OUTBOX: "the outbox with its files", TRAIL: "the audit trail", LINKS: "the links of portal accounts"}


def backed_up(settings: Settings, path: Path) -> list[str]:
    """Make a backup of DATA_DIR in the new folder `path` and return what to say.

    Raises BackupError when none can be made, AuditError when that cannot be written down.
    """
    folder = _folder(settings)
    if any((folder / name).exists() for name in NAMES):
        # Noted before it happens, like every export, so that the backup holds its own making.
        audit_log(settings).add("export", login=at_the_terminal(), subject=f"backup to {path}")
    made = back_up(folder, path)
    held = [
        f"{words} ({made.parts[name].size_bytes / 1e6:,.1f} MB)" for name, words in NAMES.items() if name in made.parts
    ]
    said = [f"Backed up to {path}: {', '.join(held)}. Keep it as private as DATA_DIR."]
    if made.trail_wrong is not None:
        said.append("The audit trail is not as it was written, and was backed up as it is: see `audit --verify`.")
    elif made.trail:
        said.append(f"Head of the trail to note elsewhere: {made.trail}")
    return said


def put_back(settings: Settings, path: Path) -> list[str]:
    """Put the backup in `path` back into DATA_DIR and return what to say.

    Raises BackupError when it is none, is damaged, or would overwrite what is newer, AuditError when it is back and
    that cannot be written down.
    """
    folder = _folder(settings)
    back = restore(folder, path)
    made_at = back.backup.made_at.astimezone(ZoneInfo(settings.timezone))
    audit_log(settings).add("write", login=at_the_terminal(), subject=f"restore of the backup of {_words(made_at)}")
    said = [
        f"Restored into {folder} from the backup of {_words(made_at)}: {back.entries:,} entries of the outbox, "
        f"{back.trail.entries:,} of the audit trail, {back.links:,} links of portal accounts."
    ]
    if back.to_look_up:
        said.append(
            f"{back.to_look_up:,} entries were not done then: each is looked up in Odoo before anything of it is sent."
        )
    if back.trail.why:
        said.append(back.trail.sentence)
    return said


def _folder(settings: Settings) -> Path:
    if settings.demo:
        raise BackupError(NO_DEMO)
    return settings.data_dir


def _words(moment: datetime) -> str:
    return f"{moment:%d %b %Y %H:%M}"
