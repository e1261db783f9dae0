"""Claims, as far as a test wants them to have come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Flask

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.beneficiaries import Beneficiary
from portal.domain.claim import Cause, Outcome
from portal.models.transaction import writing
from portal.services.claims import assessment, drafts, filing, paper_review, papers, resolutions, taking
from portal.services.claims import claim as rows
from portal.services.claims.resolutions import Proposal
from portal.services.claims.sums import Facts
from tests.factories.people import Someone
from tests.factories.sales import HOSPITAL

STORY = "Tuve fiebre y me faltaba el aire. Me internaron el lunes y salí el sábado."
COVERAGES = {HOSPITAL: "renta-diaria", "muerte-accidental": "muerte-accidental", "sepelio": "gastos-sepelio"}

SIX_DAYS = Proposal(Outcome.APPROVE, Facts(days=6))


class Claims:
    _app: Flask

    def claim_draft(
        self,
        someone: Someone,
        product: str = HOSPITAL,
        *,
        policy: str | None = None,
        coverage: str | None = "",
        on: date | None = None,
        named: Sequence[Beneficiary] = (),
        cause: Cause | None = None,
        days: int | None = None,
    ) -> str:
        """The public id of a claim that only needs to be registered: of a new policy of the product, or of `policy`,
        under its first coverage unless told; the event was on the day `on`, or today, and took so many
        `days`, where they were told."""
        policy = policy or self.policy(someone, product=product, named=named)  # type: ignore[attr-defined]
        with self._app.app_context():
            code = COVERAGES.get(product) if coverage == "" else coverage
            public_id = drafts.choose(None, policy, code, someone.actor).public_id
            drafts.tell(public_id, on or clock.today(), cause, STORY, someone.actor, days=days)
        return public_id

    def claim(self, someone: Someone, product: str = HOSPITAL, *, complete: bool = False, **choices: Any) -> str:
        """The number of a registered claim. `complete`: all that it needs has come (without files). `choices` as for
        claim_draft."""
        public_id = self.claim_draft(someone, product, **choices)
        with self._app.app_context():
            number = filing.register(public_id, someone.actor, agrees=True)
            missing = [one.id for one in papers.missing(rows.get(number, someone.actor))]
        for paper_id in missing if complete else ():
            self.paper_came(paper_id, someone.actor)
        return number

    def paper_came(self, paper_id: int, sender: Actor) -> None:
        """A document of a claim has come (without its file)."""
        with self._app.app_context(), writing():
            papers.receive(paper_id, sender)

    def taken(self, number: str, member: Someone) -> None:
        """One of the staff takes the claim and accepts what has come."""
        with self._app.app_context():
            taking.take(number, member.actor)
            file = assessment.get(number, member.actor)
            assert isinstance(file, assessment.File)
            waiting = [(one.row.id, one.stamp) for one in file.to_review]
            for paper_id, shown in waiting:
                paper_review.accept(number, paper_id, member.actor, shown=shown)

    def proposed(self, number: str, member: Someone, proposal: Proposal = SIX_DAYS) -> None:
        """They propose an answer."""
        with self._app.app_context():
            file = assessment.get(number, member.actor)
            assert isinstance(file, assessment.File)
            resolutions.propose(number, proposal, member.actor, shown=file.stamp)

    def confirmed(self, number: str, member: Someone) -> None:
        """A supervisor confirms it."""
        with self._app.app_context():
            file = assessment.get(number, member.actor)
            assert isinstance(file, assessment.File)
            assert file.decision is not None
            resolutions.confirm(number, member.actor, decision=file.decision.id, shown=file.stamp)

    def decided(self, number: str, member: Someone, supervisor: Someone, proposal: Proposal = SIX_DAYS) -> None:
        """All of it, of a claim that is complete."""
        self.taken(number, member)
        self.proposed(number, member, proposal)
        self.confirmed(number, supervisor)
