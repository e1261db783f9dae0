"""A purchase whose money may have moved, and what nobody can do with it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.domain.errors import NotAllowed
from portal.models import Payment
from portal.services.sale import beneficiaries


def assert_nobody_can_pay_or_edit(public_id: str, press, call, juana, rows) -> None:
    tries = len(rows(select(Payment)))
    press(public_id)
    assert len(rows(select(Payment))) == tries
    with pytest.raises(NotAllowed):
        call(beneficiaries.NAMING.name_nobody, public_id, juana.actor)
