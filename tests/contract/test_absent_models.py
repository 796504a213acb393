"""A model that is not installed is no error in Odoo's own log: not where its list of models may be read, else once."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from odoo_client.config import Settings
from odoo_client.doctor.odoo import examine
from odoo_client.rpc.absent import ABSENT
from odoo_client.rpc.client import OdooClient
from odoo_client.store.snapshot import SnapshotStore
from odoo_client.sync.run import run_sync
from tests.real_odoo.server import RealOdoo

pytestmark = pytest.mark.odoo

#: What Odoo logs about a call to a model it lacks, over either protocol.
MISSING = re.compile(r"Object (\S+) doesn't exist|the model '(\S+)' does not exist")


def settings_of(server: RealOdoo, folder: Path, *, limited: bool) -> Settings:
    name, password = server.username, server.password
    if limited:
        name, password = server.limited_username, server.limited_password
    return Settings(
        odoo_url=server.url, odoo_database=server.database, odoo_username=name, odoo_password=password, cache_dir=folder
    )


def logged(server: RealOdoo, since: int) -> Counter[str]:
    """Return how often each model was told to be missing in the log, from a place in it on."""
    return Counter(one or other for one, other in MISSING.findall(server.log()[since:]))


@pytest.mark.parametrize("limited", [False, True], ids=["administrator", "limited"])
def test_what_is_not_installed_is_no_error_in_odoo_s_log(odoo_any: RealOdoo, tmp_path: Path, limited: bool):
    settings = settings_of(odoo_any, tmp_path, limited=limited)
    since = len(odoo_any.log())
    with OdooClient.connect(settings) as client:
        listed = client.lists("res.partner")
        assert not client.has_model("sale.subscription"), "no tenant of these tests has it"
    store = SnapshotStore(tmp_path / "store")
    for _cycle in range(2):
        run_sync(settings, store)
    store.close()
    examine(settings)
    found = logged(odoo_any, since)
    if listed:
        assert not found
    else:
        assert set(found.values()) <= {1}, "each once, whichever connection asked"
    assert "Traceback" not in odoo_any.log()[since:]


def test_the_words_looked_for_are_those_odoo_logs(odoo14: RealOdoo, tmp_path: Path):
    since = len(odoo14.log())
    with OdooClient.connect(settings_of(odoo14, tmp_path, limited=True)) as client:
        for _time in range(2):
            ABSENT.clear()
            with pytest.raises(Exception, match=r"x\.nothing"):
                client.call("x.nothing", "fields_get")
    assert logged(odoo14, since) == {"x.nothing": 2}
