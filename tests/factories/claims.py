"""Claims, as far as a test wants them to have come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Flask

from portal.domain import clock
from portal.domain.beneficiaries import Beneficiary
from portal.domain.claim import Cause
from portal.services.claims import claim as rows
from portal.services.claims import drafts, filing, papers
from tests.factories.people import Someone
from tests.factories.sales import HOSPITAL

STORY = "Tuve fiebre y me faltaba el aire. Me internaron el lunes y salí el sábado."
COVERAGES = {HOSPITAL: "renta-diaria", "muerte-accidental": "muerte-accidental", "sepelio": "gastos-sepelio"}


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
    ) -> str:
        """The public id of a claim that only needs to be registered: of a new policy of the product, or of `policy`,
        under its first coverage unless told; the event was on the day `on`, or today."""
        policy = policy or self.policy(someone, product=product, named=named)  # type: ignore[attr-defined]
        with self._app.app_context():
            code = COVERAGES.get(product) if coverage == "" else coverage
            public_id = drafts.choose(None, policy, code, someone.actor).public_id
            drafts.tell(public_id, on or clock.today(), cause, STORY, someone.actor)
        return public_id

    def claim(self, someone: Someone, product: str = HOSPITAL, *, complete: bool = False, **choices: Any) -> str:
        """The number of a registered claim. `complete`: all that it needs has come (without files). `choices` as for
        claim_draft."""
        public_id = self.claim_draft(someone, product, **choices)
        with self._app.app_context():
            number = filing.register(public_id, someone.actor, agrees=True)
            if complete:
                for paper_id in [one.id for one in papers.missing(rows.get(number, someone.actor))]:
                    papers.receive(paper_id, someone.actor)
        return number
