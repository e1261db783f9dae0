"""The pages of a customer's policy at the desk."""

from dataclasses import dataclass
from typing import Any, ClassVar

from flask import flash, url_for

from portal.blueprints.servicing.place import Place
from portal.models import Policy, PolicyChange
from portal.services.desk import assisted_changes
from portal.web.actor import actor
from portal.web.paging import LARGEST_KEY

POLICY = f"/gestion/clientes/<int(max={LARGEST_KEY}):account_id>/polizas/<number>"


@dataclass(frozen=True)
class Desk(Place):
    """Those of the customer's account of this id, whom the clerk looked up."""

    account_id: int
    at_desk: ClassVar = True
    home_name: ClassVar = "La póliza"

    @property
    def home(self) -> str:
        return self.to("index")

    def policy(self) -> Policy:
        return assisted_changes.policy_of(self.account_id, self.number, actor())

    def to(self, view: str, **query: Any) -> str:
        return url_for(f"assisted_changes.{view}", account_id=self.account_id, number=self.number, **query)

    def claim(self, number: str) -> str:
        return url_for("assisted_claims.index", account_id=self.account_id)

    def go_on_with(self, bought: str) -> str:
        # Where it was begun before, no mail leaves: the way that is always there is told.
        flash("Empezado. El cliente lo termina en su celular: lo encuentra en su página de inicio.", "ok")
        return self.home

    def is_gone_on_with(self, change: PolicyChange) -> bool:
        """What the customer, or a colleague, asked for is not theirs to read."""
        return change.asked_by_id == actor().account_id
