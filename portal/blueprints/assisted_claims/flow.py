"""The steps of a claim as a clerk goes through them: the customer's own, with the customer's policies, in the desk's
frame."""

from collections.abc import Sequence
from typing import Any

from flask import request, url_for

from portal.blueprints.claims.flow import FilingFlow
from portal.blueprints.claims.steps.insurance import Insurance
from portal.blueprints.claims.subject import NEW, Filing
from portal.domain.actor import Actor
from portal.models import Claim
from portal.services.claims import policies
from portal.services.desk import assisted_claims
from portal.services.policies.listing import OwnPolicy
from portal.web.actor import actor
from portal.web.wizard.step import Step


class CustomersInsurance(Insurance):
    """Which of this customer's policies."""

    def __init__(self, account_id: int) -> None:
        self._account_id = account_id

    def choose(self, key: str | None, number: str, code: str | None, actor: Actor) -> Claim:
        return assisted_claims.choose(self._account_id, key, number, code, actor)

    def policies(self, filing: Filing) -> Sequence[OwnPolicy]:
        own = filing.claim.policy.number if filing.claim else None
        return policies.choices(Actor(account_id=self._account_id), only=request.args.get("poliza"), also=own)


class AssistedFlow(FilingFlow):
    """The way of one customer's claims."""

    def __init__(self, account_id: int) -> None:
        self._account_id = account_id
        self.steps = (CustomersInsurance(account_id), *FilingFlow.steps[1:])

    def load(self, key: str) -> Filing:
        if key == NEW:
            assisted_claims.check(self._account_id, actor())
            return Filing()
        return Filing(assisted_claims.draft(self._account_id, key, actor()))

    def address(self, filing: Filing, step: Step[Filing, Any], /, **query: Any) -> str:
        if filing.claim is None:
            return url_for("assisted_claims.new", account_id=self._account_id, **query)
        query |= {"account_id": self._account_id, "public_id": filing.key, "slug": step.slug}
        return url_for("assisted_claims.show_step", **query)

    def end(self, filing: Filing, step: Step[Filing, Any] | None = None) -> str | None:
        """The page with its number, once it is registered."""
        if filing.claim is None or filing.claim.number is None:
            return None
        return url_for("assisted_claims.show", account_id=self._account_id, number=filing.claim.number)

    def words(self, filing: Filing) -> dict[str, Any]:
        return super().words(filing) | {
            "frame": "menu",
            "all_at": url_for("assisted_claims.new", account_id=self._account_id),
            "files": {
                "args": {"account_id": self._account_id, "public_id": filing.key},
                "view": "assisted_claims.draft_file",
                "send": "assisted_claims.send_draft_file",
                "thumb": "assisted_claims.draft_thumbnail",
                "remove": "assisted_claims.remove_draft_file",
            },
        }
