"""Nobody learns from a notice whether somebody is insured (B01): what is answered, the work that it takes and the mails
are the same at each request, whether or not there is a policy; and limits count nothing of a stranger's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain.notice import Event
from portal.extensions import db
from portal.models import Message
from portal.services.claims import matching, notice_desk
from portal.services.claims.matching import Pick
from portal.services.platform import encryption
from tests.client import Page, PageClient
from tests.factories import ACCIDENT, Factories, beneficiary
from tests.factories.notices import DIED
from tests.guards.queries import statements

SENDER = {
    "nombres": "Nilda",
    "apellidos": "Apaza Huamán",
    "parentesco": "hija",
    "numero_documento": "73140962",
    "correo": "nilda@example.com",
}


@dataclass
class Seen:
    """One request: its answer in words, its statements, its keyed hashes, and what it mailed."""

    words: str
    work: list[str]
    hashes: int
    mails: list[str]


def told(app: Flask, ask: Callable[[], Page], secrets: tuple[str, ...]) -> tuple[Page, Seen]:
    """What one request shows, with what was typed taken out."""
    before = _mails(app)
    hashes = 0
    hash_of = encryption.keyed_hashes

    def counting(*args: Any) -> tuple[str, ...]:
        nonlocal hashes
        hashes += 1
        return hash_of(*args)

    patch = pytest.MonkeyPatch()
    for module in ("portal.services.claims.following", "portal.services.authentication.one_time_codes"):
        patch.setattr(f"{module}.keyed_hashes", counting)
    with statements(app) as seen:
        page = ask()
    patch.undo()
    words, sent = page.text, _mails(app)[len(before) :]
    for secret in secrets:
        words = words.replace(secret, "…")
    words = re.sub(r"\d+", "0", words)  # hours and numbers
    plain = [re.sub(r"\d+", "0", re.sub(r"[A-Za-z0-9_-]{43}", "…", one)) for one in sent]
    return page, Seen(words, seen, hashes, plain)


def _mails(app: Flask) -> list[str]:
    with app.app_context():
        rows = db.session.execute(select(Message.kind, Message.recipient, Message.text_body).order_by(Message.id))
        return [f"{row.kind} {row.recipient} {row.text_body}" for row in rows]


def notice_of(app: Flask, make: Factories, document: str) -> list[Seen]:
    """A whole notice about somebody with this document, request by request."""
    browser, found = PageClient(app), []
    page = browser.get("/avisos")
    for typed in ({"que": "fallecimiento", "numero_documento": document}, SENDER):
        page, seen = told(app, partial(browser.submit, page, typed), (document,))
        found.append(seen)
    code = make.mailed_code("notice_code")
    _page, seen = told(app, lambda: browser.submit(page, {"codigo": code}), (document,))
    return [*found, seen]


def test_a_notice_about_an_insured_person_is_like_one_about_anybody(app: Flask, make: Factories, clock) -> None:
    insured = make.customer()
    make.policy(insured, product=ACCIDENT)
    notice_of(app, make, "41873350")  # what is read once a process was read
    clock(hours=2)
    with_policy = notice_of(app, make, insured.identity.number)
    clock(hours=4)
    without = notice_of(app, make, "41873351")
    for one, other in zip(with_policy, without, strict=True):
        assert one.words == other.words
        assert one.work == other.work
        assert one.hashes == other.hashes
        assert one.mails == other.mails


@pytest.mark.parametrize("wrong", [{"numero": "AV-2026-000777"}, {"numero_documento": "73140963"}])
def test_following_never_says_which_of_both_is_wrong(app: Flask, make: Factories, clock, wrong: dict[str, str]) -> None:
    sender = make.sender()
    number = make.notice(sender=sender)
    right = {"numero": number, "numero_documento": sender.identity.number}

    def follow(typed: dict[str, str], hour: int) -> list[Seen]:
        browser, secrets = PageClient(app), tuple(typed.values())
        clock(hours=hour)
        page = browser.get("/avisos/seguimiento")
        page, asked = told(app, lambda: browser.submit(page, typed), secrets)
        page, guessed = told(app, lambda: browser.submit(page, {"codigo": "000000"}), secrets)
        clock(hours=hour, seconds=62)
        page = browser.get(page.path)
        _page, again = told(app, lambda: browser.submit(page, action=f"{page.path}/reenviar"), secrets)
        return [asked, guessed, again]

    follow(right | {"numero": "AV-2026-000999"}, 1)  # what is read once a process was read
    one, other = follow(right, 2), follow(right | wrong, 3)
    for known, unknown in zip(one, other, strict=True):
        assert known.words == unknown.words
        assert known.hashes == unknown.hashes
        assert len(unknown.mails) == 0
        # The letter is written all the same, and taken back: as many statements, but for giving it up.
        assert abs(len(known.work) - len(unknown.work)) <= 2


@dataclass
class Neighbour:
    """Who told of somebody and has no part in any claim: their notice, and their open visit to it."""

    number: str
    browser: PageClient
    path: str

    def look(self, app: Flask) -> Seen:
        _page, seen = told(app, lambda: self.browser.get(self.path), (self.number, self.path))
        return seen


def neighbour_of(app: Flask, make: Factories, event: Event) -> Neighbour:
    number, browser = make.notice(event, make.sender(names="Teófila", relation="vecina")), PageClient(app)
    browser.raw.set_cookie("portal-equipo", "t" * 43)
    return Neighbour(number, browser, f"/avisos/seguimiento/{make.notice_visit(number, browser='t' * 43)}")


def test_who_has_no_part_reads_the_same_before_and_after_the_answer(app: Flask, make: Factories) -> None:
    """The desk matched the notice of the one and found nothing for the other."""
    insured, clerk = make.customer(), make.collaborator().actor
    policy = make.policy(insured, product=ACCIDENT, named=[beneficiary("Nilda")])
    one = neighbour_of(app, make, replace(DIED, insured=insured.identity))
    other = neighbour_of(app, make, DIED)
    one.look(app)  # what is read once a process was read
    before = _mails(app)
    with app.app_context():
        for number in (one.number, other.number):
            notice_desk.take(number, clerk)
        (claim,) = matching.match(one.number, [Pick(policy, "muerte-accidental")], portal_clock.today(), clerk)
    assert [mail for mail in _mails(app)[len(before) :] if not mail.startswith("insurer_told")] == []
    _say_the_same(one.look(app), other.look(app))
    with app.app_context():
        (match,) = notice_desk.get(one.number).matches
        guessed = (claim, f"{claim}/cobro/{match.party_id}", f"{claim}/revision/{match.party_id}")
    for who in (one, other):
        assert [who.browser.get(f"{who.path}/{page}").status for page in guessed] == [404, 404, 404]
    written = []
    for who in (one, other):
        count = len(_mails(app))
        with app.app_context():
            notice_desk.close(who.number, clerk)
        (mail,) = _mails(app)[count:]
        written.append(mail.split(" ", 2)[2].replace(who.number, "…"))
    assert written[0] == written[1]
    _say_the_same(one.look(app), other.look(app))


def _say_the_same(one: Seen, other: Seen) -> None:
    assert one.words == other.words
    assert one.work == other.work
    assert one.hashes == other.hashes
    assert one.mails == other.mails == []


def test_strangers_never_use_up_the_codes_of_who_gave_the_notice(app: Flask, make: Factories, clock) -> None:
    sender = make.sender()
    typed = {"numero": make.notice(sender=sender), "numero_documento": sender.identity.number}
    own = PageClient(app)
    page = own.submit(own.get("/avisos/seguimiento"), typed)
    own.submit(page, {"codigo": make.mailed_code("notice_visit_code")})
    refused = 0
    for minute in range(24):
        clock(minutes=2 * minute + 2)
        stranger = PageClient(app)
        stranger.raw.environ_base["REMOTE_ADDR"] = f"203.0.113.{minute % 6}"
        refused += stranger.submit(stranger.get("/avisos/seguimiento"), typed).path == "/avisos/seguimiento"
    assert refused >= 4
    assert own.submit(own.get("/avisos/seguimiento"), typed).path != "/avisos/seguimiento"


def test_notices_never_flood_a_mailbox(app: Flask) -> None:
    statuses = []
    for number in range(14):
        browser = PageClient(app)
        browser.raw.environ_base["REMOTE_ADDR"] = f"203.0.113.{number}"
        page = browser.submit(browser.get("/avisos"), {"que": "fallecimiento", "numero_documento": "41873350"})
        typed = SENDER | {"correo": f"vic.tima+{number}@gmail.com"}
        statuses.append(browser.submit(page, typed).status)
    assert statuses == [200] * 12 + [429] * 2
