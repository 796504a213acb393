"""What is asked of Odoo before a proof is sent: whether its bank reference was used before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from odoo_client.documents.proof.judge import ProofFile
from odoo_client.live.payments import used_before
from tests.unit.test_payment_actions import Desk, desk, file, proof, submitted

__all__ = ["desk", "file"]


@pytest.mark.parametrize("typed", ["FT26331ABC", "CBZ FT26331ABC", "cbz-FT26331ABC", "FT26331"])
def test_odoo_is_asked_for_a_reference_and_for_what_stands_in_it(desk: Desk, file: ProofFile, typed: str) -> None:
    payment = submitted(desk, proof(desk, file, "115.00"))
    other = replace(proof(desk, file, "115.00"), bank_reference="CBZ", invoices=())
    submitted(desk, other)
    found = used_before(desk.world.client, sha1="", bank_reference=typed)
    assert [one.payment_id for one in found] == [payment.payment_id]
