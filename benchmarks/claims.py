"""Claims, evidence and notices for the crowd: one of each kind, made by the portal, and how many it stands for.

Of ten policies one has had a claim, and evidence of one was accepted. Nearly all of those have ended; as many are open
as the desk has in its hands at a time, and in any database as many as its longest page shows.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

from flask import Flask
from sqlalchemy import select

from benchmarks import copies
from portal.domain import clock
from portal.domain.claim import Outcome, PaperState
from portal.domain.evidence import EvidenceKind
from portal.extensions import db
from portal.models import Evidence, Payout
from portal.models.transaction import writing
from portal.services.claims import claim as claims
from portal.services.claims import matching, notice_desk, papers
from portal.services.claims.matching import Pick
from portal.services.claims.resolutions import Proposal
from portal.services.evidence import collecting, review, uploads
from portal.services.policies import policy as policies
from tests.decoder.strangers import drawing, encoded
from tests.factories import ACCIDENT, AGENCY, Factories, Someone, beneficiary
from tests.factories.claims import COVERAGES
from tests.factories.notices import DIED

_OF_ONE_CUSTOMER = 20  # of so many that have ended one is the heavy customer's
_ASKED_OF_ONE = 2  # of each kind that is open, in any database: the page that asks for them then has the same lines


def sales(app: Flask, make: Factories, sold: int, marks: Callable[[], dict[str, int]]) -> Iterator[copies.Sale]:
    """Each kind with all that it wrote, to be copied as often as there are such among `sold` policies."""
    for one, kind in _KINDS.items():
        before, customer = marks(), make.customer()
        one(app, make, customer)
        often = max(kind.at_least, sold * kind.per_ten_thousand // 10_000)
        of_heavy = max(kind.of_heavy, often // _OF_ONE_CUSTOMER) if kind.has_ended else kind.of_heavy
        yield copies.sale_of(customer, before, often, of_heavy)


def _registered(_app: Flask, make: Factories, customer: Someone) -> None:
    make.claim(customer)


def _assessed(app: Flask, make: Factories, customer: Someone) -> str:
    """All that it needs has come, a photo each."""
    number = make.claim(customer)
    with app.app_context():
        missing = [(one.id, papers.file_place(one)) for one in papers.missing(claims.get(number, customer.actor))]
    for paper_id, place in missing:
        with app.app_context():
            uploads.take(place, _photo(), customer.actor)
        make.paper_came(paper_id, customer.actor)
    return number


def _observed(app: Flask, make: Factories, customer: Someone) -> None:
    number, reviewer = _assessed(app, make, customer), make.collaborator().actor
    with app.app_context(), writing():
        claim = claims.hold(claims.get(number, customer.actor).id)
        paper = next(one for one in claim.papers if one.state is PaperState.RECEIVED)
        papers.observe(paper, reviewer, "La foto no se lee bien. Tómela otra vez.")


def _approved(app: Flask, make: Factories, customer: Someone) -> str:
    """Answered, and to be collected at an agency: the payout's number."""
    number = _assessed(app, make, customer)
    make.way(number, customer, agency=AGENCY)
    make.decided(number, make.collaborator(), make.supervisor())
    with app.app_context():
        return db.session.scalars(select(Payout.number).order_by(Payout.id.desc()).limit(1)).one()


def _paid(app: Flask, make: Factories, customer: Someone) -> None:
    make.pay_in_cash(_approved(app, make, customer), make.collaborator())


def _rejected(app: Flask, make: Factories, customer: Someone) -> None:
    """By two of the staff, with its letter."""
    number = _assessed(app, make, customer)
    answer = Proposal(Outcome.REJECT, ground="definicion", words="Volvió a casa el mismo día.")
    make.decided(number, make.collaborator(), make.supervisor(), answer)


def _evidence(app: Flask, make: Factories, customer: Someone) -> list[int]:
    """One of each kind, to be reviewed: their keys."""
    number = make.policy(customer)
    for kind in EvidenceKind:
        with app.app_context():
            collecting.send(policies.get(number, customer.actor), kind, _photo(), customer.actor)
    with app.app_context():
        return list(db.session.scalars(select(Evidence.id).order_by(Evidence.id.desc()).limit(len(EvidenceKind))))


def _accepted(app: Flask, make: Factories, customer: Someone) -> None:
    reviewer = make.supervisor().actor
    for evidence_id in _evidence(app, make, customer):
        with app.app_context():
            review.look(evidence_id, reviewer)
            shown = [sent.file.id for sent in review.get(evidence_id, reviewer).own.files]
            review.accept(evidence_id, reviewer, shown=shown)


def _notice(_app: Flask, make: Factories, _customer: Someone) -> None:
    make.notice()


def _matched(app: Flask, make: Factories, customer: Someone) -> None:
    """A daughter told of the death of the insured, who had named her."""
    daughter = make.sender()
    number = make.policy(customer, named=[beneficiary(daughter.names, identity=daughter.identity)])
    told = make.notice(replace(DIED, insured=customer.identity), daughter)
    clerk = make.collaborator().actor
    with app.app_context():
        notice_desk.take(told, clerk)
        matching.match(told, [Pick(number, COVERAGES[ACCIDENT])], clock.today(), clerk)


def _photo() -> io.BytesIO:
    return io.BytesIO(encoded(drawing(), "PNG"))


class _Kind(NamedTuple):
    """Of `per_ten_thousand` policies, or `at_least` so often; so many `of_heavy`, the customer with many policies: at
    least, of what `has_ended`."""

    per_ten_thousand: int
    at_least: int
    of_heavy: int = _ASKED_OF_ONE
    has_ended: bool = False


_KINDS: dict[Callable[[Flask, Factories, Someone], object], _Kind] = {
    _paid: _Kind(900, 60, of_heavy=45, has_ended=True),  # more than two pages of the customer's list
    _rejected: _Kind(90, 10, has_ended=True),
    _accepted: _Kind(1000, 10, has_ended=True),
    _registered: _Kind(5, 20),
    _assessed: _Kind(10, 20),
    _observed: _Kind(5, 20),
    _approved: _Kind(5, 50),
    _evidence: _Kind(5, 70),  # of each of three kinds: the desk's list shows 200
    _notice: _Kind(5, 100),
    _matched: _Kind(50, 100),
}
