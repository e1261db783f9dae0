"""Where a policy is changed: on its holder's own pages, or at the desk for them. Both show the same."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from flask import url_for

from portal.domain.policy_change import ChangeKind, ChangeState
from portal.models import Policy, PolicyChange
from portal.services.policies import policy as policies
from portal.services.servicing import held
from portal.web.actor import actor


@dataclass(frozen=True)
class Place(ABC):
    """The pages of one policy, by its number."""

    number: str
    at_desk: ClassVar[bool] = False
    home_name: ClassVar[str]

    @property
    @abstractmethod
    def home(self) -> str:
        """The policy's own page, from which the others are come to."""

    @abstractmethod
    def policy(self) -> Policy:
        """The policy, for who reads them. Raises NotFound, HasPart."""

    @abstractmethod
    def to(self, view: str, **query: Any) -> str:
        """One of them, by its view's name, which is the same in both."""

    @abstractmethod
    def claim(self, number: str) -> str:
        """Where a claim of it is read."""

    @abstractmethod
    def go_on_with(self, bought: str) -> str:
        """Where to go when another plan or year of it was begun to be bought, by the purchase's public id. Who can't
        finish it is told how it goes on."""

    def of(self, number: str) -> Self:
        """Those of another policy of the same holder."""
        return replace(self, number=number)

    def is_gone_on_with(self, change: PolicyChange) -> bool:
        """Whether what somebody asked for is gone on with here."""
        return True

    def asked(self, policy: Policy, kind: ChangeKind) -> PolicyChange | None:
        """The open change of a kind that is gone on with here."""
        change = held.newest(policy, kind)
        return change if change and change.state is ChangeState.OPEN and self.is_gone_on_with(change) else None


@dataclass(frozen=True)
class Own(Place):
    """Its holder's, who goes on with what was asked for them too."""

    home_name: ClassVar = "Administrar Póliza"

    @property
    def home(self) -> str:
        return url_for("policies.show", number=self.number)

    def policy(self) -> Policy:
        return policies.get(self.number, actor())

    def to(self, view: str, **query: Any) -> str:
        return url_for(f"servicing.{view}", number=self.number, **query)

    def claim(self, number: str) -> str:
        return url_for("claims.show", number=number)

    def go_on_with(self, bought: str) -> str:
        return url_for("purchase.show", public_id=bought)
