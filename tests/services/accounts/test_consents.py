"""Commercial mail: permitted and taken back by one press each, and every answer is kept."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.domain.actor import Actor
from portal.domain.errors import DomainError
from portal.models import AuditEntry, Consent
from portal.services.accounts import consents
from portal.services.catalogue.offers import texts
from tests.services.at_once import at_once


@pytest.fixture
def shown():
    return texts()[consents.MARKETING].sha256


def test_each_answer_is_a_row_with_its_words_and_where_it_came_from(make, call, rows, shown):
    me = make.customer()
    actor = Actor(me.account_id, me.role, "203.0.113.9", "a phone")
    call(consents.allow_marketing, actor, shown=shown)
    call(consents.withdraw_marketing, actor)
    kept = rows(select(Consent).order_by(Consent.id))
    assert [one.granted for one in kept] == [True, False]
    text = texts()[consents.MARKETING]
    for one in kept:
        assert (one.text_key, one.text_version, one.text_sha256) == (text.key, text.version, text.sha256)
        assert (one.ip, one.device) == ("203.0.113.9", "a phone")
    assert [one.details for one in rows(select(AuditEntry).order_by(AuditEntry.id))] == [
        {"granted": True},
        {"granted": False},
    ]
    assert call(consents.latest, consents.MARKETING, me.account_id).granted is False


def test_pressed_many_times_at_once_one_row(app, make, rows, shown):
    me = make.customer()
    at_once(app, 4, lambda _: consents.allow_marketing(me.actor, shown=shown))
    assert rows(select(Consent.granted)) == [True]


def test_words_that_changed_are_not_accepted(make, call, rows):
    with pytest.raises(DomainError, match="El texto cambió"):
        call(consents.allow_marketing, make.customer().actor, shown="0" * 64)
    assert rows(select(Consent)) == []
