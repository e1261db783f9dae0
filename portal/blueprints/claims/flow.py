"""Registering a claim: its steps, and where it leads once it has its number."""

from typing import Any

from flask import url_for

from portal.blueprints.claims.steps.documents import Documents
from portal.blueprints.claims.steps.facts import Facts
from portal.blueprints.claims.steps.insurance import Insurance
from portal.blueprints.claims.steps.papers import Papers
from portal.blueprints.claims.steps.review import Review
from portal.blueprints.claims.subject import NEW, Filing
from portal.services.claims import coverage, drafts
from portal.web.actor import actor
from portal.web.wizard.flow import Flow
from portal.web.wizard.step import Step


class FilingFlow(Flow[Filing]):
    label = "Avance de su registro"
    steps = (Insurance(), Papers(), Facts(), Documents(), Review())

    def load(self, key: str) -> Filing:
        return Filing() if key == NEW else Filing(drafts.get(key, actor()))

    def address(self, filing: Filing, step: Step[Filing, Any], /, **query: Any) -> str:
        if filing.claim is None:
            return url_for("claims.new", **query)
        return url_for("claims.show_step", public_id=filing.key, slug=step.slug, **query)

    def end(self, filing: Filing, step: Step[Filing, Any] | None = None) -> str | None:
        """The page with its number, once it is registered."""
        if filing.claim is None or filing.claim.number is None:
            return None
        return url_for("claims.registered", number=filing.claim.number)

    def words(self, filing: Filing) -> dict[str, Any]:
        """What stands beside the steps: the insurance and what it pays for the case."""
        claim = filing.claim
        if claim is None:
            return {"claim": None, "all_at": url_for("claims.new")}
        return {
            "all_at": url_for("claims.new"),
            "files": {
                "args": {"public_id": claim.public_id},
                "view": "claims.draft_file",
                "send": "claims.send_draft_file",
                "thumb": "claims.draft_thumbnail",
                "remove": "claims.remove_draft_file",
            },
            "claim": claim,
            "product": coverage.product_of(claim),
            "plan": coverage.plan_of(claim),
            "coverage": coverage.coverage_of(claim),
            "benefit": coverage.benefit_of(claim),
        }


FLOW = FilingFlow()
