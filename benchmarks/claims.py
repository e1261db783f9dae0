"""Claims, evidence and notices for the crowd: one of each kind, made by the portal, and how many it stands for.

Of ten policies one has had a claim. Nearly all of those have ended; as many are open as the desk has in its hands at
a time.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import replace

from flask import Flask
from sqlalchemy import select

from benchmarks import copies
from portal.domain import clock
from portal.domain.claim import PaperState
from portal.domain.evidence import EvidenceKind
from portal.extensions import db
from portal.models import Payout
from portal.models.transaction import writing
from portal.services.claims import claim as claims
from portal.services.claims import matching, notice_desk, papers
from portal.services.claims.matching import Pick
from portal.services.evidence import collecting, uploads
from portal.services.policies import policy as policies
from tests.decoder.strangers import drawing, encoded
from tests.factories import ACCIDENT, AGENCY, Factories, Someone, beneficiary
from tests.factories.claims import COVERAGES
from tests.factories.notices import DIED

_OF_ONE_CUSTOMER = 20  # of so many claims one is the heavy customer's


def sales(app: Flask, make: Factories, sold: int, marks: Callable[[], dict[str, int]]) -> Iterator[copies.Sale]:
    """Each kind with all that it wrote, to be copied as often as there are such among `sold` policies."""
    for one, per_ten_thousand in _KINDS.items():
        before, customer = marks(), make.customer()
        one(app, make, customer)
        often = max(2, sold * per_ten_thousand // 10_000)
        yield copies.sale_of(customer, before, often, max(1, often // _OF_ONE_CUSTOMER))


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
            papers.receive(paper_id, customer.actor)
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
    make.approve(number)
    with app.app_context():
        return db.session.scalars(select(Payout.number).order_by(Payout.id.desc()).limit(1)).one()


def _paid(app: Flask, make: Factories, customer: Someone) -> None:
    make.pay_in_cash(_approved(app, make, customer), make.collaborator())


def _evidence(app: Flask, make: Factories, customer: Someone) -> None:
    number = make.policy(customer)
    for kind in EvidenceKind:
        with app.app_context():
            collecting.send(policies.get(number, customer.actor), kind, _photo(), customer.actor)


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


_KINDS: dict[Callable[[Flask, Factories, Someone], object], int] = {  # in ten thousand policies
    _paid: 900,
    _registered: 5,
    _assessed: 10,
    _observed: 5,
    _approved: 5,
    _evidence: 5,
    _notice: 5,
    _matched: 50,
}
