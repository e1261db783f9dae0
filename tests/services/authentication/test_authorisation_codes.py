"""A mailed code authorises an operation exactly as it stands, of whatever kind: here errands, which no table holds."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.domain.actor import Actor
from portal.domain.errors import DomainError
from portal.models import AuditEntry, Code, CodePurpose
from portal.models.authorised import Authorised
from portal.models.transaction import writing
from portal.services.authentication.authorisation_codes import Authorisation

ACTOR = Actor(ip="203.0.113.7", device="Firefox")


class Errand(Authorised):
    def __init__(self, number: int, what: str) -> None:
        self.id, self.what = number, what
        self.code_binding = self.code_verified_at = None

    @property
    def authorises(self) -> dict[str, object]:
        return {"errand": self.id, "what": self.what}


@pytest.fixture
def errand() -> Errand:
    return Errand(7, "Comprar pan")


@pytest.fixture
def mailed() -> list[str]:
    return []


@pytest.fixture
def code(errand: Errand, mailed: list[str]) -> Authorisation[Errand]:
    return Authorisation(
        purpose=CodePurpose.PURCHASE,
        load=lambda key, actor: errand,
        open=lambda key, actor: errand,
        mail=lambda subject, digits: mailed.append(digits),
        event="errand",
        number=lambda subject: f"E-{subject.id}",
        edited="Cambió el encargo.",
    )


def test_the_code_that_was_mailed_passes_and_is_told_of_in_the_audit_log(call, rows, code, errand, mailed):
    call(code.send, "e", ACTOR)
    assert not code.is_passed(errand)
    call(code.verify, "e", mailed[0], ACTOR)
    assert code.is_passed(errand)
    told = rows(select(AuditEntry).where(AuditEntry.subject == "E-7").order_by(AuditEntry.id))
    assert [one.action for one in told] == ["errand.code_sent", "errand.code_verified"]
    (used,) = rows(select(Code))
    assert (used.binding, used.used_ip, used.used_device) == (errand.fingerprint, ACTOR.ip, ACTOR.device)


def test_it_counts_for_thirty_minutes_and_for_nothing_else(call, code, errand, mailed, clock):
    call(code.send, "e", ACTOR)
    call(code.verify, "e", mailed[0], ACTOR)
    errand.what = "Comprar vino"
    assert not code.is_passed(errand)
    errand.what = "Comprar pan"
    assert code.is_passed(errand)
    clock(minutes=30, seconds=1)
    assert not code.is_passed(errand)


def test_a_code_for_what_it_was_before_does_not_pass(call, code, errand, mailed):
    call(code.send, "e", ACTOR)
    errand.what = "Comprar vino"
    with pytest.raises(DomainError, match="ya no vale") as refused:
        call(code.verify, "e", mailed[0], ACTOR)
    assert refused.value.field == "codigo"


def test_a_code_is_mailed_where_one_is_missing_and_only_there(call, code, errand, mailed):
    def answer() -> None:
        with writing():
            code.mail_missing(errand)

    for _ in range(2):
        call(answer)
    assert len(mailed) == 1
    errand.what = "Comprar vino"
    call(answer)
    assert len(mailed) == 2
    call(code.verify, "e", mailed[1], ACTOR)
    call(answer)
    assert len(mailed) == 2


def test_the_fingerprint_is_that_of_what_is_authorised_in_whatever_order(errand, monkeypatch):
    known = errand.fingerprint
    monkeypatch.setattr(Errand, "authorises", property(lambda self: {"what": self.what, "errand": self.id}))
    assert errand.fingerprint == known
    assert Errand(8, errand.what).fingerprint != known
