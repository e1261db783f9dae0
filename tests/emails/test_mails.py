"""Every mail: both parts say the same, nothing is left to fill in, and nothing typed becomes markup."""

import re
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from html import unescape
from itertools import pairwise
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from portal.domain.message import TOPIC_NAMES, Topic
from portal.services.messaging import mails, rendering
from portal.services.messaging.mails.mail import CodeMail, SecretMail
from portal.services.messaging.rendering import SECRET_MARK, Written
from sandbox.mail_store import MailStore
from tests.documents import samples
from tests.documents.samples import BASE_URL
from tests.emails import preview
from tests.emails.mails import Reader, letter, letters, parts, plain, sample, written
from tests.emails.samples import POLICIES, every_mail, left_mail, plan_mail, policy_mail
from tests.processes import ROOT

SHAPES: dict[str, Callable[[], Written]] = {
    **{kind: partial(letter, kind) for kind in mails.KINDS},
    "an end, in cash": lambda: written(left_mail(in_cash=True)),
    "an end, both": lambda: written(left_mail(both=True)),
    "an end, nothing back": lambda: written(left_mail(kept=Decimal(0))),
    "a dearer plan": lambda: written(plan_mail(dearer=True)),
    "a cheaper plan, both": lambda: written(plan_mail(both=True)),
}
each_kind = pytest.mark.parametrize("kind", mails.KINDS)

CARRY_A_SECRET = {
    "account_code",
    "credentials",
    "email_code",
    "beneficiaries_code",
    "notice_code",
    "notice_visit_code",
    "end_code",
    "plan_code",
    "purchase_code",
    "recovery",
    "refund_code",
    "payout_code",
    "payout_way_code",
    "staff_credentials",
}

# The wordmark, words of buttons, and the label that in the text is not needed: no fact among them.
ONLY_ON_SCREEN = {
    *("m", "botón", "abre", "copie", "dirección", "navegador", "escribir", "documento"),
    *("el", "no", "si", "en", "su", "con", "esta", "la"),
}


FOLDER = ROOT / "portal" / "templates" / "emails"


def test_every_kind_of_mail_has_its_two_templates_and_a_sample_and_no_folder_is_left_over() -> None:
    found = {folder.name: sorted(part.name for part in folder.iterdir()) for folder in FOLDER.iterdir()}
    assert found == {kind: ["body.html", "body.txt"] for kind in mails.KINDS}
    assert sorted(map(type, every_mail()), key=str) == sorted(mails.KINDS.values(), key=str)


def test_every_mail_has_its_words_and_its_topic() -> None:
    assert len({mail.words for mail in mails.KINDS.values()}) == len(mails.KINDS)
    for mail in mails.KINDS.values():
        assert mail.words[0].isupper()
        assert 10 <= len(mail.words) <= 40


def test_every_topic_has_its_words_and_mails() -> None:
    assert set(TOPIC_NAMES) == set(Topic)
    assert sorted(kind for topic in Topic for kind in mails.kinds_of(topic)) == sorted(mails.KINDS)
    assert all(mails.kinds_of(topic) for topic in Topic)


@each_kind
@pytest.mark.parametrize("part", ["body.txt", "body.html"])
def test_a_mail_that_lacks_any_of_its_fields_is_not_written(kind: str, part: str) -> None:
    with samples.application().app_context() as context:
        mail = sample(kind)
        words = rendering.words_of(mail, samples.account())
        template = context.app.jinja_env.get_template(f"emails/{kind}/{part}")
        template.render(words)
        for name in mail.given():
            with pytest.raises(UndefinedError, match=name):
                template.render({key: value for key, value in words.items() if key != name})


@each_kind
def test_nothing_is_left_to_fill_in(kind: str) -> None:
    found = letter(kind)
    for part in (found.subject, found.text, unescape(found.html)):
        assert not re.search(r"\{\{|\}\}|\{%|None|Undefined|<function|object at 0x", part)


@each_kind
def test_subjects_are_one_short_line(kind: str) -> None:
    subject = letter(kind).subject
    assert subject == " ".join(subject.split())
    assert 20 <= len(subject) <= 78


@each_kind
def test_a_secret_stands_once_in_each_body_and_a_code_begins_the_subject(kind: str) -> None:
    mail, carries = sample(kind), kind in CARRY_A_SECRET
    found = written(mail)
    assert isinstance(mail, SecretMail) is carries
    assert (SECRET_MARK in found.subject) is isinstance(mail, CodeMail) is (carries and "credentials" not in kind)
    assert found.subject.startswith(f"{SECRET_MARK} es su código para ") is isinstance(mail, CodeMail)
    if isinstance(mail, SecretMail):
        assert not [words for words in (found.subject, found.text, found.html) if mail.secret in words]
    assert found.text.count(SECRET_MARK) == found.html.count(SECRET_MARK) == int(carries)


@each_kind
def test_nothing_is_fetched_from_outside(kind: str) -> None:
    found = Reader(letter(kind).html)
    assert not {"img", "script", "link", "iframe", "object", "form"} & set(found.tags)
    assert "url(" not in letter(kind).html
    assert all(link.startswith(f"{BASE_URL}/") for link in found.links)


@each_kind
def test_every_line_of_text_is_free_of_markup_and_of_gaps(kind: str) -> None:
    text = letter(kind).text
    assert not re.search(r"</?\w+[^>]*>|&\w+;", text)
    assert "\n\n\n" not in text
    assert not any(line != line.rstrip() for line in text.splitlines())


_HEADING = re.compile(r"[A-ZÁÉÍÓÚ][^:@.?!]*")


@pytest.mark.parametrize("mail", SHAPES.values(), ids=SHAPES)
def test_every_heading_of_the_text_stands_apart(mail: Callable[[], Written]) -> None:
    text, _foot = mail().text.split("\n--\n")
    lines = text.splitlines()
    glued = [line for before, line in pairwise(lines) if before and _HEADING.fullmatch(line)]
    assert glued == []
    assert "\n\n\n" not in text.strip()


@each_kind
def test_the_text_part_says_all_that_the_html_says(kind: str) -> None:
    found = letter(kind)
    assert_same_facts(found)


@pytest.mark.parametrize("case", POLICIES)
def test_the_text_of_every_policy_says_all_that_its_html_says(case: str) -> None:
    assert_same_facts(written(POLICIES[case]()))


def assert_same_facts(found: Written) -> None:
    """Each word and each figure that a reader of the HTML finds is in the text part too."""
    words = re.compile(r"[\w@.:/%+-]*\w", re.UNICODE)
    text = {word.lower() for word in words.findall(plain(found.text))}
    seen = {word.lower() for word in words.findall(" ".join(Reader(found.html).texts))}
    previews = {word.lower() for word in words.findall(Reader(found.html).texts[0])}
    assert seen - text - ONLY_ON_SCREEN - previews == set()


def test_typed_markup_stays_text() -> None:
    typed = samples.person(names='<b>Juana</b><img src=x> & "Co"')
    found = written(policy_mail(holder=typed, insured=typed))
    assert "<img" not in found.html
    assert "<b>Juana</b>" in found.text
    assert "<b>Juana</b><img src=x>" in " ".join(Reader(found.html).texts)
    greeting = written(sample("password_changed"), name="<img/src=x>")
    assert "Hola, <img/src=x>:" in greeting.text
    assert "<img" not in greeting.html


@pytest.mark.parametrize("case", POLICIES)
def test_the_text_of_a_policy_writes_names_as_they_are_written(case: str) -> None:
    mail = POLICIES[case]()
    mail.policy.insured = samples.person(names="Juana O'Higgins")
    mail.payment.bank_name = "Caja & Hijos"
    text = written(mail).text
    assert "Juana O'Higgins" in text
    assert "Caja & Hijos, tarjeta" in text
    assert not re.search(r"&#?\w+;", text)


@each_kind
def test_no_mail_names_what_does_not_exist_yet(kind: str) -> None:
    text = " ".join(parts(letter(kind))).lower()
    for absent in (
        "libro de reclamaciones",
        "firmado digitalmente",
        "whatsapp",
        "señor",
    ):
        assert absent not in text


def test_amounts_keep_their_symbol_and_figure_on_one_line() -> None:
    found = letter("purchase_code")
    assert Decimal("72.92") == samples.purchase().amount
    assert "S/\xa072.92" in found.text
    assert "S/\xa072.92" in unescape(found.html)


def test_the_preview_shows_every_mail_in_a_mailbox(tmp_path: Path) -> None:
    preview.deliver(tmp_path)
    shown = MailStore(tmp_path).mails()
    assert sorted(mail.header("Subject") for mail in shown) == sorted(mail.subject for mail in letters().values())
    assert all(mail.body("html") and mail.body("plain") for mail in shown)
