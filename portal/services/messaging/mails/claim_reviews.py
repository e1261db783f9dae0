"""Mails about an answer that is looked at again, and about a claim that was taken back."""

from dataclasses import dataclass
from typing import Any

from portal.domain.formats import day
from portal.models import Appeal
from portal.services.messaging.mails.claim_payments import PartyMail


@dataclass(frozen=True, kw_only=True)
class ClaimWithdrawn(PartyMail):
    """Who would have been paid took it back."""

    kind = "claim_withdrawn"
    words = "Pedido retirado"

    @property
    def subject(self) -> str:
        return f"Retiramos el pedido {self.claim.number}, como usted nos dijo"


@dataclass(frozen=True, kw_only=True)
class PartWithdrawn(PartyMail):
    """One of those who would have been paid took their own part back."""

    kind = "part_withdrawn"
    words = "Parte retirada"

    @property
    def subject(self) -> str:
        return f"Retiramos su parte del pedido {self.claim.number}"

    def given(self) -> dict[str, Any]:
        """With where it is asked for again."""
        return super().given() | {"path": self.path}


@dataclass(frozen=True, kw_only=True)
class AppealReceived(PartyMail):
    """A review was asked for. `until`: the last day to answer it."""

    kind = "appeal_received"
    words = "Pedido de revisión recibido"

    appeal: Appeal

    @property
    def until(self) -> str:
        """The last day of its clock."""
        return day(self.appeal.answer_by)

    @property
    def subject(self) -> str:
        return f"Recibimos su pedido de revisión {self.appeal.number}"

    def given(self) -> dict[str, Any]:
        """With the last day."""
        return super().given() | {"until": self.until}


@dataclass(frozen=True, kw_only=True)
class AppealAnswered(PartyMail):
    """It was answered. `second`: the number of the claim that looks at it again, when it was upheld."""

    kind = "appeal_answered"
    words = "Respuesta a su revisión"

    appeal: Appeal
    second: str | None

    @property
    def subject(self) -> str:
        if self.second:
            return f"Aceptamos su revisión {self.appeal.number}: lo vemos otra vez"
        return f"Respondimos su revisión {self.appeal.number}"
