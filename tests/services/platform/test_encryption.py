"""Secrets sealed until their mail leaves, with keys that may be changed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.fernet import InvalidToken

from portal.services.platform import encryption

OLD, NEW = "the key of yesterday, long enough", "the key of today, long enough too"


@pytest.fixture
def key(app, monkeypatch):
    """Set SECRET_KEY and its fallbacks, inside an application context."""
    settings = app.config["PORTAL"]

    def key(secret_key: str, *fallbacks: str) -> None:
        changed = replace(settings, secret_key=secret_key, secret_key_fallbacks=fallbacks)
        monkeypatch.setitem(app.config, "PORTAL", changed)

    with app.app_context():
        yield key


def test_what_is_sealed_shows_nothing_and_opens_again(key):
    key(NEW)
    sealed = encryption.seal("123456")
    assert b"123456" not in sealed
    assert encryption.seal("123456") != sealed
    assert encryption.unseal(sealed) == "123456"


def test_a_key_that_was_changed_still_opens_what_it_sealed_while_it_is_a_fallback(key):
    key(OLD)
    sealed = encryption.seal("123456")
    key(NEW, OLD)
    assert encryption.unseal(sealed) == "123456"
    key(NEW)
    with pytest.raises(InvalidToken):
        encryption.unseal(sealed)


def test_a_keyed_hash_depends_on_the_key_and_on_what_it_is_for(key):
    key(NEW)
    hashed = encryption.keyed_hash("code", "1:123456")
    assert hashed == encryption.keyed_hash("code", "1:123456")
    assert hashed != encryption.keyed_hash("session", "1:123456")
    key(OLD)
    assert hashed != encryption.keyed_hash("code", "1:123456")
