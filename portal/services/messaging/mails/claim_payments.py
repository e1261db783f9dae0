"""Mails about the money of a claim: how somebody is paid, what they collect, what came back, and that they have it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from portal.domain.agencies import Agency
from portal.domain.catalogue import Product
from portal.domain.formats import day, money
from portal.domain.message import Topic
from portal.models import Claim, ClaimParty, Endorsement, Payout, Policy, Refund
from portal.services.messaging.mails.authorisation import AuthorisationCode, Fact
from portal.services.messaging.mails.mail import Mail
from portal.services.messaging.mails.sale import PolicySent


@dataclass(frozen=True, kw_only=True)
class PartyMail(Mail):
    """To somebody of a claim: `party` is who is paid, and `reader` who reads it, another one where a minor is paid."""

    topic = Topic.CLAIMS

    claim: Claim
    party: ClaimParty

    @property
    def reader(self) -> ClaimParty:
        return self.party.represented_by or self.party

    @property
    def path(self) -> str:
        """Where the reader finds their part of the claim."""
        return f"/siniestros/{self.claim.number}" if self.reader.account_id else "/avisos/seguimiento"

    def given(self) -> dict[str, Any]:
        """The fields, and by which name the reader is greeted."""
        return super().given() | {"greeting_name": self.reader.names.split()[0]}


@dataclass(frozen=True, kw_only=True)
class PayoutWayChosen(PartyMail):
    """How somebody will be paid was chosen or changed. Whoever did not do so reads it here. `way`: where the money
    goes, its account masked."""

    kind = "payout_way"
    words = "Forma de cobro elegida"

    way: str
    chosen_at: datetime

    @property
    def subject(self) -> str:
        return f"Así le pagaremos el pedido {self.claim.number}: {self.way}"

    @property
    def ends(self) -> Collection[str]:
        """There is a way again."""
        return (PayoutToCollect.kind, *_ASK_FOR_A_WAY)


@dataclass(frozen=True, kw_only=True)
class PayoutToCollect(PartyMail):
    """Cash waits at an agency, with the paper that says so."""

    kind = "payout_to_collect"
    words = "Dinero por cobrar en agencia"

    payout: Payout
    agency: Agency

    @property
    def until(self) -> str:
        """The last day to collect it."""
        return day(self.payout.collect_by) if self.payout.collect_by else ""

    @property
    def expires_at(self) -> datetime | None:
        """The last moment to collect it."""
        return self.payout.collect_by

    @property
    def ends(self) -> Collection[str]:
        """What asked for a way was answered."""
        return _ASK_FOR_A_WAY

    @property
    def subject(self) -> str:
        return f"Cobre {money(self.payout.amount)} en {self.agency.name} hasta el {self.until}"

    def given(self) -> dict[str, Any]:
        """With the last day, and where another way is chosen."""
        return super().given() | {"until": self.until, "path": self.path}


@dataclass(frozen=True, kw_only=True)
class PayoutCode(AuthorisationCode):
    """The code that somebody says at the counter, to be given the money of a claim."""

    kind = "payout_code"
    topic = Topic.CLAIMS
    words = "Código para cobrar su dinero"

    payout: Payout
    agency: Agency

    @property
    def subject(self) -> str:
        return f"es su código para cobrar {money(self.payout.amount)} en {self.agency.name}"

    @property
    def facts(self) -> Sequence[Fact]:
        return (
            Fact("Operación", "Entrega de dinero en efectivo", f"Pago {self.payout.number}"),
            Fact("Dónde", self.agency.name, self.agency.place),
            Fact("Monto", money(self.payout.amount)),
        )


@dataclass(frozen=True, kw_only=True)
class PayoutWayCode(AuthorisationCode):
    """The code that somebody says to one of the staff, who enters how they are paid."""

    kind = "payout_way_code"
    topic = Topic.CLAIMS
    words = "Código para elegir cómo cobra"

    claim: Claim
    party: ClaimParty

    @property
    def subject(self) -> str:
        return "es su código para elegir cómo cobra"

    @property
    def facts(self) -> Sequence[Fact]:
        return (
            Fact("Operación", "Elegir cómo se cobra"),
            Fact("Para", self.party.full_name, f"Número {self.claim.number}"),
        )


@dataclass(frozen=True, kw_only=True)
class PayoutRefused(PartyMail):
    """The bank did not take it. `reason`: why, as a sentence."""

    kind = "payout_refused"
    words = "El banco no aceptó el pago"

    payout: Payout
    reason: str

    @property
    def subject(self) -> str:
        return f"Su dinero no se pierde: díganos otra vez cómo le pagamos {money(self.payout.amount)}"

    def given(self) -> dict[str, Any]:
        """With where another way is chosen."""
        return super().given() | {"path": self.path}


@dataclass(frozen=True, kw_only=True)
class PayoutExpired(PartyMail):
    """Nobody collected it."""

    kind = "payout_expired"
    words = "Dinero que no se cobró"

    payout: Payout
    agency: Agency

    @property
    def ends(self) -> Collection[str]:
        """It does not wait there any more."""
        return (PayoutToCollect.kind,)

    @property
    def subject(self) -> str:
        return f"Su dinero sigue aquí: díganos cómo le pagamos {money(self.payout.amount)}"

    def given(self) -> dict[str, Any]:
        """With where another way is chosen."""
        return super().given() | {"path": self.path}


@dataclass(frozen=True, kw_only=True)
class PayoutMade(PartyMail):
    """The person has the money. `way`: where it went, its account masked."""

    kind = "payout_made"
    words = "Pedido pagado"

    payout: Payout
    way: str

    @property
    def subject(self) -> str:
        return f"Le pagamos {money(self.payout.amount)}: pedido {self.claim.number}"

    @property
    def ends(self) -> Collection[str]:
        """There is nothing to collect or to choose any more."""
        return (PayoutToCollect.kind, *_ASK_FOR_A_WAY)


@dataclass(frozen=True, kw_only=True)
class PaidTwice(PartyMail):
    """The same money reached somebody twice: nothing is asked of them before we call. `amount`: what is too much."""

    kind = "paid_twice"
    words = "Pago que salió dos veces"

    amount: Decimal

    @property
    def subject(self) -> str:
        return f"Su pago de {money(self.amount)} salió dos veces: le llamaremos"


@dataclass(frozen=True, kw_only=True)
class NobodyActs(Mail):
    """To the holder: a minor is to be paid, and nobody acts for them. `name`: the minor's."""

    kind = "nobody_acts"
    topic = Topic.CLAIMS
    words = "Falta quien represente a un menor"

    claim: Claim
    name: str
    greeting_name: str

    @property
    def subject(self) -> str:
        return f"Díganos quién representa a {self.name}"


@dataclass(frozen=True, kw_only=True)
class PolicyEnded(Mail):
    """A death was paid, and the policy ended with it; the PDF of its endorsement goes along. `refunds`: what was paid
    for a dearer plan that begins after the death, in part at the `agency` where it was paid in cash."""

    kind = "policy_ended"
    topic = Topic.POLICIES
    words = "Póliza terminada"

    policy: Policy
    endorsement: Endorsement
    claim_number: str
    refunds: Sequence[Refund]
    agency: Agency | None
    product: Product

    @property
    def subject(self) -> str:
        return f"Terminó su póliza {self.policy.number}: pagamos el pedido {self.claim_number}"


@dataclass(frozen=True, kw_only=True)
class PolicyNotBegun(Mail):
    """Whom a policy insures had died before it began: it ended, and its money goes back, in part at the `agency` where
    it was paid in cash. The PDF of its endorsement goes along."""

    kind = "policy_not_begun"
    topic = Topic.POLICIES
    words = "Póliza que no llegó a proteger"

    policy: Policy
    endorsement: Endorsement
    refunds: Sequence[Refund]
    agency: Agency | None
    product: Product

    @property
    def subject(self) -> str:
        back = sum((one.amount for one in self.refunds), Decimal(0))
        return f"Su póliza {self.policy.number} no llegó a proteger: le devolvemos {money(back)}"

    @property
    def ends(self) -> Collection[str]:
        """Nobody is sent the policy any more."""
        return (PolicySent.kind,)


_ASK_FOR_A_WAY = (PayoutRefused.kind, PayoutExpired.kind)
