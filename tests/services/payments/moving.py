"""Money of each kind on its way to the bank, for tests that hold the engine to the same for all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from portal.domain.cci import parse
from portal.domain.identity import DocumentType, Identity
from portal.domain.payout_way import Chosen
from portal.extensions import db
from portal.integrations.bank import Patience
from portal.models import OutboxRow, Payment, Refund
from portal.models.transaction import writing
from portal.services.payments import bank_refunds, charging, payouts, refund_ways, sending
from portal.services.payments.bank_refunds import BANK_REFUND
from portal.services.payments.charging import CHARGE
from portal.services.payments.money_movement import MoneyMovement
from portal.services.payments.payouts import BANK_PAYOUT, Payee
from tests.factories import Stage

IMPATIENT = Patience(connect=5.0, read=0.3, total=5.0)
AMOUNT = Decimal("20.00")  # of a refund or payout
ROSA = Identity(DocumentType.DNI, "45678912")

APPROVED, REFUSED, HANGS, BREAKS_AFTER, BREAKS_BEFORE = "approved", "refused", "hangs", "breaks after", "breaks before"

#: What the sandbox bank is told to do by digits: of the card, of the card that was charged, of the account.
DIGITS = {
    "charge": {APPROVED: "4821", REFUSED: "0001", HANGS: "0021", BREAKS_AFTER: "0022", BREAKS_BEFORE: "0023"},
    "refund": {APPROVED: "4821", REFUSED: "0101", HANGS: "0121", BREAKS_AFTER: "0122", BREAKS_BEFORE: "0123"},
    "payout": {
        APPROVED: "00219100000000482155",
        REFUSED: "00219100000000000158",
        HANGS: "00219100000000002156",
        BREAKS_AFTER: "00219100000000002254",
        BREAKS_BEFORE: "00219100000000002352",
    },
}
DIGITS["transfer"] = DIGITS["payout"]  # what the bank refused to give back, to another account of its owner
BOOKS = {"charge": "charges", "refund": "refunds", "payout": "payouts", "transfer": "payouts"}
WORK: dict[str, Callable[[int, int], None]] = {
    "charge": charging.charge,
    "refund": bank_refunds.refund,
    "payout": payouts.pay_out,
    "transfer": bank_refunds.refund,
}
KINDS: dict[str, MoneyMovement[Any]] = {
    "charge": CHARGE,
    "refund": BANK_REFUND,
    "payout": BANK_PAYOUT,
    "transfer": BANK_REFUND,
}


@dataclass
class Moving:
    """A movement of one kind, meant and not yet sent. `call`, `bank` and the rest are the tests' fixtures."""

    name: str
    kind: MoneyMovement[Any]
    row_id: int
    outbox_id: int
    call: Callable[..., Any]
    bank: Any

    @property
    def row(self) -> Any:
        """As the database holds it now."""
        return self.call(lambda: db.session.get_one(self.kind.model, self.row_id))

    @property
    def state(self) -> Any:
        return self.row.state

    @property
    def moved(self) -> list[str]:
        """The keys under which the sandbox bank moved money of this kind, after what came before it."""
        entries = self.bank.ledger.entries()[BOOKS[self.name]]
        return [entry["key"] for entry in entries if entry["status"] == "approved"]

    def work(self) -> None:
        """The worker's job, as its queue would begin it."""
        self.call(WORK[self.name], self.row_id, self.outbox_id)

    def reconcile(self) -> None:
        self.call(sending.reconcile_overdue, self.kind)

    def answer(self, **other: Any) -> dict[str, Any]:
        """The bank's approval of it, as the contract writes it, with what is to be wrong in it."""
        row = self.row
        said = {f"{BOOKS[self.name][:-1]}_id": "mv_odd", "status": "approved", "amount": f"{row.amount:.2f}"}
        said |= {"processed_at": "2026-05-19T15:00:00.123Z"}
        if self.name == "refund":
            said |= {"charge_id": self.call(lambda: db.session.get_one(Payment, row.payment_id).charge_id)}
        else:
            said |= {"currency": "PEN", "reference": row.number}
        return said | other


def owed(call: Callable[..., Any], kind: MoneyMovement[Any], row_id: int) -> int:
    """The outbox row of its sending."""
    return int(
        call(lambda: db.session.scalar(select(OutboxRow.id).where(OutboxRow.dedupe_key == kind.job_key(row_id))))
    )


def begin(name: str, scenario: str, *, make: Any, juana: Any, press: Any, charge: Any, rows: Any, call: Any) -> int:
    """A movement of the kind, in process and not yet sent; the id of its row."""
    digits = DIGITS[name][scenario]
    if name == "payout":

        def pay() -> int:
            with writing():
                return payouts.open_for(Payee("Rosa Quispe Mamani", ROSA, digits), AMOUNT, juana.actor).id

        return int(call(pay))
    if name == "transfer":
        number = call(refund_ways.choose, make.refund_refused(juana), Chosen(cci=parse(digits)), juana.actor)
        return int(rows(select(Refund.id).where(Refund.number == number))[0])
    press(make.purchase(juana, Stage.TERMS, last4=digits))
    payment_id = rows(select(Payment.id).order_by(Payment.id))[-1]
    if name == "charge":
        return int(payment_id)
    charge()

    def give_back() -> int:
        with writing() as session:
            return bank_refunds.open_for(session.get_one(Payment, payment_id), AMOUNT, juana.actor).id

    return int(call(give_back))
