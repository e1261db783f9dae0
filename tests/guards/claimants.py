"""One death, two who are paid for it, and everybody else who could ask for what is theirs."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from decimal import Decimal

from flask import Flask
from sqlalchemy import select

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.claim import ClaimState, Outcome
from portal.extensions import db
from portal.models import Claim, ClaimAward, ClaimParty, ClaimResolution, Policy
from portal.models.transaction import writing
from portal.services.claims import attachments, matching, notice_desk, papers
from portal.services.claims.matching import Pick
from portal.services.documents import kinds, store
from tests.client import PageClient
from tests.decoder.strangers import drawing, encoded
from tests.factories import ACCIDENT, Factories, Someone, beneficiary
from tests.factories.claims import COVERAGES
from tests.factories.notices import DIED

DAUGHTER, SON = "daughter", "son"
SURNAMES = {DAUGHTER: "Apaza Zegarra", SON: "Apaza Yupanqui"}
BROWSER_COOKIE = "portal-equipo"
PHOTO = encoded(drawing(), "PNG")


@dataclass(frozen=True)
class Death:
    """The claim by its `number`. `tokens`: of who follows a notice; `parts`: of each who is paid the keys of their
    person, of a paper of their own, of the file in it and of a letter to them."""

    number: str
    clients: dict[str, PageClient]
    tokens: dict[str, str]
    parts: dict[str, dict[str, int]]
    mother: Someone


def bereaved(app: Flask, make: Factories) -> Death:
    """The mother bought it and has an account; the daughter followed her notice without one; the son has both. A clerk
    matched their notices. A stranger gave notice of another death, and bought a policy of their own."""
    mother, stranger, brother = make.customer(), make.customer(), make.customer()
    senders = {
        DAUGHTER: make.sender(surnames=SURNAMES[DAUGHTER]),
        SON: make.sender(names="Luis", surnames=SURNAMES[SON], identity=brother.identity),
    }
    named = [
        beneficiary(one.names, surnames=one.surnames, identity=one.identity, share="50") for one in senders.values()
    ]
    policy = make.policy(mother, quote=make.quote(mother, ACCIDENT, insured=make.insured()), named=named)
    with app.app_context():
        insured = db.session.scalars(select(Policy).where(Policy.number == policy)).one().insured.identity
    notices = {who: make.notice(replace(DIED, insured=insured), sender) for who, sender in senders.items()}
    notices["stranger"] = make.notice()
    clerk = make.collaborator()
    with app.app_context():
        notice_desk.take(notices[DAUGHTER], clerk.actor)
        picks, joined = [Pick(policy, COVERAGES[ACCIDENT])], [notices[SON]]
        (number,) = matching.match(notices[DAUGHTER], picks, clock.today(), clerk.actor, joined=joined)
    tokens = {who: make.notice_visit(notice, browser=browser(who)) for who, notice in notices.items()}
    parts = {who: _part(app, number, SURNAMES[who]) for who in senders}
    for part in parts.values():
        part["letter_id"] = _letter(app, part["party_id"], clerk)
    make.known(parts[SON]["party_id"], brother)
    accounts = {
        DAUGHTER: None,
        SON: brother,
        "mother": mother,
        "stranger": stranger,
        "nobody": None,
        "clerk": clerk,
        "clerk elsewhere": make.collaborator(agency="LIM-1"),
        "supervisor": make.supervisor(),
    }
    return Death(number, {who: _client(app, who, one) for who, one in accounts.items()}, tokens, parts, mother)


def _part(app: Flask, number: str, surnames: str) -> dict[str, int]:
    """A paper of the person's own, with a photo that came from the page of their notice."""
    with app.app_context():
        claim = db.session.scalars(select(Claim).where(Claim.number == number)).one()
        assert claim.state is ClaimState.REGISTERED
        party = next(one for one in claim.parties if one.surnames == surnames)
        paper = next(one for one in claim.papers if one.party_id == party.id)
        place = papers.file_place(paper, party)
        party_id, paper_id = party.id, paper.id
        file_id = attachments.take_in(paper, place, io.BytesIO(PHOTO), Actor(), is_instead=False).id
    return {"party_id": party_id, "paper_id": paper_id, "file_id": file_id}


def _letter(app: Flask, party_id: int, clerk: Someone) -> int:
    """A letter to the person, whose account nobody knows of yet; their claim is open."""
    with app.app_context(), writing() as session:
        party = session.get_one(ClaimParty, party_id)
        answer = ClaimResolution(claim=party.claim, outcome=Outcome.REJECT, total=Decimal(0))
        answer.proposed_by_id, answer.awards = clerk.account_id, [ClaimAward(party=party, amount=Decimal(0))]
        session.add(answer)
        session.flush()
        return store.order(kinds.CLAIM_LETTER, answer.awards[0]).id


def _client(app: Flask, who: str, account: Someone | None) -> PageClient:
    client = PageClient(app)
    client.raw.set_cookie(BROWSER_COOKIE, browser(who))
    return client.sign_in(account) if account else client


def browser(who: str) -> str:
    """What the cookie of their browser says."""
    return who[0].ljust(43, who[-1])
