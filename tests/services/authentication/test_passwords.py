"""Passwords: hard to guess, also for who knows the person, and kept so that nobody can read them."""

from __future__ import annotations

from datetime import date

import pytest
from argon2 import PasswordHasher, extract_parameters

from portal.domain.errors import DomainError
from portal.domain.identity import DocumentType
from portal.models import Person
from portal.services.authentication import passwords

ROSA = Person(
    document_type=DocumentType.DNI,
    document_number="45678912",
    names="Rosa Elena",
    paternal_surname="Quispe",
    maternal_surname="Mamaní",
    birth_date=date(1994, 8, 27),
    phone="987654321",
)


def check(password: str) -> None:
    passwords.check_new(password, ROSA, username="rquispe1234", email="rosita.qm@gmail.com")


@pytest.mark.parametrize(
    "password",
    [
        "mi gato come pan",
        "tresgatosazules",
        "mañana llueve en puno",
        "xK9#mPq2Lz",
        "pan con chicharron",
        "ñandú y vicuña",
    ],
)
def test_a_long_enough_password_needs_no_figures_or_signs(password):
    check(password)


@pytest.mark.parametrize(
    "password",
    ["1234567890", "qwertyuiop", "Password123", "contraseña2024", "mariposa2024", "Peru2026!!", "alianzalima1901",
     "seguro seguro", "massiv.massiv", "massiv2026"],
)  # fmt: skip
def test_a_common_password_is_refused(password):
    with pytest.raises(DomainError, match="fácil de adivinar") as refused:
        check(password)
    assert refused.value.field == "nueva"


@pytest.mark.parametrize(
    "password",
    ["rosaquispe1994", "RosaQuispe94", "elenamamani!", "MAMANÍquispe2", "rquispe1234", "rosita.qm@gmail.com",
     "27/08/1994 rosa", "quispe45678912", "Quis'pe 1994 Rosa"],
)  # fmt: skip
def test_a_password_made_of_the_persons_own_data_is_refused(password):
    with pytest.raises(DomainError, match="No use su nombre"):
        check(password)


def test_nine_characters_are_refused_and_counted():
    with pytest.raises(DomainError, match="Usted escribió 9"):
        check("xK9#mPq2L")


def test_the_longest_password_has_128_characters():
    phrase = "ola verde " * 12 + "lejana y2"
    check(phrase[:128])
    with pytest.raises(DomainError, match="128"):
        check(phrase)


def test_a_hash_is_argon2id_and_opens_with_its_password_only():
    kept = passwords.hash_password("mi gato come pan")
    assert kept.startswith("$argon2id$")
    assert passwords.matches(kept, "mi gato come pan")
    assert not passwords.matches(kept, "mi gato come Pan")


def test_the_same_letter_typed_on_two_keyboards_is_one_password():
    composed, combined = "ca\u00f1a y r\u00edo", "can\u0303a y ri\u0301o"
    assert passwords.matches(passwords.hash_password(composed), combined)


def test_a_damaged_hash_opens_nothing():
    assert not passwords.matches("not a hash", "anything")


def test_an_older_hash_is_known_to_need_renewal():
    old = "$argon2id$v=19$m=8192,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$" + "A" * 43
    assert passwords.must_rehash(old)
    assert not passwords.must_rehash(passwords.hash_password("mi gato come pan"))


def test_an_initial_password_is_random_and_has_no_look_alikes():
    made = {passwords.initial_password() for _ in range(200)}
    assert len(made) == 200
    assert not set("".join(made)) & set("01ilo")
    assert all(len(one.replace("-", "")) == 15 for one in made)


def test_nobodys_hash_takes_the_same_work_to_verify_and_none_to_make(monkeypatch):
    work = extract_parameters(passwords.hash_password("cuatro nubes bajo el mar"))
    monkeypatch.setattr(PasswordHasher, "hash", lambda *_, **__: pytest.fail("the first unknown user would wait"))
    passwords.nobodys_hash.cache_clear()
    assert extract_parameters(passwords.nobodys_hash()) == work
    assert not passwords.matches(passwords.nobodys_hash(), "")
