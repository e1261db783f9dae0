"""What claims pay, as far as a test wants it to have come."""

from __future__ import annotations

from decimal import Decimal

from flask import Flask
from sqlalchemy import select

from portal.domain import clock
from portal.domain.actor import SYSTEM
from portal.domain.cci import parse
from portal.domain.claim import ClaimEventKind, ClaimState, Outcome
from portal.domain.payout_way import Chosen
from portal.extensions import db
from portal.models import Claim, ClaimAward, ClaimParty, ClaimResolution, Message, Payout
from portal.models.transaction import writing
from portal.services.catalogue import agencies
from portal.services.claims import appeals, deadlines, events, parties, payees, paying
from portal.services.claims import claim as rows
from portal.services.payments import payouts, settling
from portal.services.payments.cash_payouts import CASH_PAYOUT
from portal.services.payments.payouts import BANK_PAYOUT
from portal.services.platform import encryption
from tests.factories.people import AGENCY, Someone

CCI = "00219100000000482155"  # of the sandbox bank; its README has those that refuse


class Awards:
    _app: Flask

    def approve(self, number: str, total: Decimal = Decimal("600.00")) -> None:
        """A complete claim is answered by two of the staff: to each who is paid their share of `total` soles, or all of
        it."""
        first, second = (self.collaborator().account_id for _ in range(2))  # type: ignore[attr-defined]
        with self._app.app_context(), writing() as session:
            claim = rows.hold(session.scalars(select(Claim.id).where(Claim.number == number)).one())
            resolution = ClaimResolution(
                claim=claim, outcome=Outcome.APPROVE, total=total, proposed_by_id=first, confirmed_by_id=second
            )
            resolution.confirmed_at = clock.now()
            session.add(resolution)
            for party in parties.paid(claim):
                amount = total * (party.share or Decimal(100)) / 100
                resolution.awards.append(ClaimAward(party=party, amount=amount.quantize(Decimal("0.01"))))
            claim.move_to(ClaimState.APPROVED)
            claim.decided_at = clock.now()
            events.record(claim, ClaimEventKind.APPROVED, SYSTEM)
            session.flush()
            paying.open_due(claim, SYSTEM)

    def reject(self, number: str) -> tuple[Someone, Someone]:
        """A claim is rejected: by these two of the staff."""
        first, second = self.collaborator(), self.supervisor()  # type: ignore[attr-defined]
        with self._app.app_context(), writing() as session:
            claim = rows.hold(session.scalars(select(Claim.id).where(Claim.number == number)).one())
            resolution = ClaimResolution(
                claim=claim,
                outcome=Outcome.REJECT,
                total=Decimal(0),
                proposed_by_id=first.account_id,
                confirmed_by_id=second.account_id,
                awards=[ClaimAward(party=one, amount=Decimal(0)) for one in parties.paid(claim)],
            )
            resolution.confirmed_at = claim.decided_at = clock.now()
            session.add(resolution)
            claim.move_to(ClaimState.REJECTED)
            deadlines.keep(claim)
        return first, second

    def appeal(self, number: str, someone: Someone) -> str:
        """The number of a review that they ask for, of a claim that was rejected."""
        with self._app.app_context():
            return appeals.ask(lambda: appeals.own(number, someone.actor), "No se leyó el parte.", someone.actor)

    def party(self, number: str, name: str = "") -> int:
        """The key of who is paid by a claim: the first, or the one of that name."""
        with self._app.app_context():
            claim = db.session.scalars(select(Claim).where(Claim.number == number)).one()
            return next(one.id for one in parties.paid(claim) if name in one.full_name)

    def known(self, party_id: int, someone: Someone) -> None:
        """The person of a claim has this account, as the desk found out."""
        with self._app.app_context(), writing() as session:
            party = session.get_one(ClaimParty, party_id)
            party.account_id, party.email = someone.account_id, someone.email
            party.country, party.document_type = someone.identity.country, someone.identity.document_type
            party.document_number = someone.identity.number

    def way(self, number: str, someone: Someone, *, cci: str = "", agency: str = "", party: int | None = None) -> None:
        """They choose how they are paid."""
        key = party or self.party(number)
        with self._app.app_context():
            chosen = Chosen(parse(cci, cci) if cci else None, agencies.by_code(agency) if agency else None)
            payees.choose(lambda: payees.own(number, key, someone.actor), chosen, someone.actor)

    def death_paid(self, number: str) -> None:
        """A claim of a death, of a policy that names Rosa, is answered, and paid to her once the worker has sent it."""
        rosa = self.customer(names="Rosa")  # type: ignore[attr-defined]
        self.known(self.party(number, "Rosa"), rosa)
        self.way(number, rosa, cci=CCI, party=self.party(number, "Rosa"))
        self.approve(number, Decimal("20000.00"))

    def payout(self, someone: Someone, *, agency: str = AGENCY, policy: str | None = None) -> str:
        """The number of a payout of a claim of theirs that waits for them in cash."""
        number = self.claim(someone, complete=True, policy=policy)  # type: ignore[attr-defined]
        self.way(number, someone, agency=agency)
        self.approve(number)
        with self._app.app_context():
            return db.session.scalars(select(Payout.number).order_by(Payout.id.desc()).limit(1)).one()

    def payout_in_review(self, someone: Someone) -> str:
        """The number of a payout to them that the bank left without an outcome."""
        with self._app.app_context():
            with writing():
                payee = payouts.Payee("Rosa Quispe Mamani", someone.identity, CCI)
                payout = payouts.open_for(payee, Decimal("600.00"), someone.actor)
            number, payout_id = payout.number, payout.id
            settling.review(BANK_PAYOUT, payout_id)
        return number

    def payout_code(self, number: str, member: Someone) -> str:
        """The code to collect it, mailed now at the counter of `member`, as long as that mail has not left."""
        with self._app.app_context():
            CASH_PAYOUT.code.send(number, member.actor)
            sealed = db.session.scalars(
                select(Message.secret).where(Message.kind == "payout_code").order_by(Message.id.desc()).limit(1)
            ).one()
            assert sealed is not None, "the mail has left: read the code there"
            return encryption.unseal(sealed)

    def hand_over_payout(self, number: str, member: Someone) -> None:
        """The member hands it over to whoever says its code; somebody else is still to confirm it."""
        code = self.payout_code(number, member)
        with self._app.app_context():
            CASH_PAYOUT.hand_over(number, code, member.actor)

    def pay_in_cash(self, number: str, member: Someone) -> None:
        """The member hands it over, and somebody else of the agency confirms it."""
        self.hand_over_payout(number, member)
        with self._app.app_context():
            CASH_PAYOUT.confirm(number, self.collaborator().actor, handed_over=True)  # type: ignore[attr-defined]
