"""Every mail: both parts say the same, nothing is left to fill in, and nothing typed becomes markup."""

import re
from decimal import Decimal
from html import unescape

import pytest

from tests.documents import samples
from tests.emails.mails import BASE_URL, CONTEXTS, POLICIES, SECRET, Mail, Reader, mail, parts, plain

every_mail = pytest.mark.parametrize("kind", CONTEXTS)

CARRY_A_SECRET = {"account_code", "credentials", "email_code", "purchase_code", "recovery"}

# The wordmark, words of buttons, and the label that in the text is not needed: no fact among them.
ONLY_ON_SCREEN = {
    *("m", "botón", "abre", "copie", "dirección", "navegador", "escribir", "documento"),
    *("el", "no", "si", "en", "su", "con", "esta", "la"),
}


@every_mail
def test_nothing_is_left_to_fill_in(kind: str) -> None:
    found = mail(kind)
    for part in (found.subject, found.text, unescape(found.html)):
        assert not re.search(r"\{\{|\}\}|\{%|None|Undefined|<function|object at 0x", part)


@every_mail
def test_subjects_are_one_short_line(kind: str) -> None:
    subject = mail(kind).subject
    assert subject == " ".join(subject.split())
    assert 20 <= len(subject) <= 78


@every_mail
def test_the_secret_is_never_in_the_subject_and_stands_once_in_each_body(kind: str) -> None:
    found, carries = mail(kind), kind in CARRY_A_SECRET
    assert SECRET not in found.subject
    assert found.text.count(SECRET) == found.html.count(SECRET) == int(carries)


@every_mail
def test_nothing_is_fetched_from_outside(kind: str) -> None:
    found = Reader(mail(kind).html)
    assert not {"img", "script", "link", "iframe", "object", "form"} & set(found.tags)
    assert "url(" not in mail(kind).html
    assert all(link.startswith(f"{BASE_URL}/") for link in found.links)


@every_mail
def test_every_line_of_text_is_free_of_markup_and_of_gaps(kind: str) -> None:
    text = mail(kind).text
    assert not re.search(r"</?\w+[^>]*>|&\w+;", text)
    assert "\n\n\n" not in text
    assert not any(line != line.rstrip() for line in text.splitlines())


@every_mail
def test_the_text_part_says_all_that_the_html_says(kind: str) -> None:
    found = mail(kind)
    assert_same_facts(found)


@pytest.mark.parametrize("case", POLICIES)
def test_the_text_of_every_policy_says_all_that_its_html_says(case: str) -> None:
    assert_same_facts(mail("policy", POLICIES[case]()))


def assert_same_facts(found: Mail) -> None:
    """Each word and each figure that a reader of the HTML finds is in the text part too."""
    words = re.compile(r"[\w@.:/%+-]*\w", re.UNICODE)
    text = {word.lower() for word in words.findall(plain(found.text))}
    seen = {word.lower() for word in words.findall(" ".join(Reader(found.html).texts))}
    previews = {word.lower() for word in words.findall(Reader(found.html).texts[0])}
    assert seen - text - ONLY_ON_SCREEN - previews == set()


def test_typed_markup_stays_text() -> None:
    typed = samples.person(names='<b>Juana</b><img src=x> & "Co"')
    found = mail("policy", samples.policy_context(holder=typed, insured=typed))
    assert "<img" not in found.html
    assert "<b>Juana</b>" in found.text
    assert "<b>Juana</b><img src=x>" in " ".join(Reader(found.html).texts)
    greeting = mail("password_changed", CONTEXTS["password_changed"]() | {"greeting_name": "<img src=x>"})
    assert "<img" not in greeting.html


@pytest.mark.parametrize("case", POLICIES)
def test_the_text_of_a_policy_writes_names_as_they_are_written(case: str) -> None:
    words = POLICIES[case]()
    words["policy"].insured = samples.person(names="Juana O'Higgins")
    words["payment"].bank_name = "Caja & Hijos"
    text = mail("policy", words).text
    assert "Juana O'Higgins" in text
    assert "Caja & Hijos, tarjeta" in text
    assert not re.search(r"&#?\w+;", text)


@every_mail
def test_no_mail_names_what_does_not_exist_yet(kind: str) -> None:
    text = " ".join(parts(mail(kind))).lower()
    for absent in (
        "libro de reclamaciones",
        "firmado digitalmente",
        "whatsapp",
        "evidencia",
        "señor",
    ):
        assert absent not in text


def test_amounts_keep_their_symbol_and_figure_on_one_line() -> None:
    found = mail("purchase_code")
    assert Decimal("72.92") == samples.purchase().amount
    assert "S/\xa072.92" in found.text
    assert "S/\xa072.92" in unescape(found.html)
