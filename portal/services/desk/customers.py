"""A customer as the staff's desk reads them: who they are, what they have, what was paid and what was mailed.

Only whoever searched for them lately reads it. Nothing of passwords, second steps, tokens or secrets is asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased, joinedload, lazyload

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.catalogue import Plan, Product
from portal.domain.errors import NotFound
from portal.domain.payment import PaymentState
from portal.domain.policy import Matter, PolicyState
from portal.domain.purchase import PaymentMethod, PurchaseState
from portal.domain.quote import QuoteState
from portal.extensions import db
from portal.models import (
    Account,
    CashReceipt,
    ContractingFile,
    Document,
    Endorsement,
    Payment,
    Person,
    Policy,
    Purchase,
    Quote,
    Refund,
    Role,
)
from portal.services.catalogue import offers
from portal.services.controls import access_log, conflicts_of_interest
from portal.services.desk import assisted_changes
from portal.services.documents import kinds, store
from portal.services.platform import paging
from portal.services.policies import at_moment, renewing

_NO_FILE = "No encontramos ese expediente."


@dataclass(frozen=True, slots=True)
class Customer:
    """`agency`: where the reader works, which decides what of theirs leads further; `sees_all`: a supervisor does."""

    account: Account
    agency: str | None
    sees_all: bool

    @property
    def person(self) -> Person:
        """Who holds the account."""
        return self.account.person

    def may_read_sale_of(self, agency: str | None) -> bool:
        """Whether the reader may read how a policy was contracted that this agency sold; None: the portal itself."""
        return self.sees_all or (agency is not None and agency == self.agency)

    def may_open(self, receipt: CashReceipt) -> bool:
        """Whether the reader may open the page of this receipt."""
        return self.sees_all or receipt.agency_code == self.agency


@dataclass(frozen=True, slots=True)
class CustomerPolicy:
    """A policy at this moment; `premium` in soles a year, with tax. `agency`: which sold it, if one did. `renews`,
    `renewed_by`: the numbers of the policies before and after it."""

    id: int
    number: str
    product: Product
    plan: Plan
    insured: str
    premium: Decimal
    starts_at: datetime
    ends_at: datetime
    state: PolicyState
    agency: str | None
    renews: str | None
    renewed_by: str | None


@dataclass(frozen=True, slots=True)
class Edition:
    """An edition of a contracting file."""

    number: int
    document: Document


@dataclass(frozen=True, slots=True)
class CustomerQuote:
    """A quote, and how far its purchase came."""

    id: int
    number: str
    product: Product
    plan: Plan
    premium: Decimal
    created_at: datetime
    valid_until: datetime
    state: QuoteState
    purchase_state: PurchaseState | None
    is_plan_change: bool


@dataclass(frozen=True, slots=True)
class Try:
    """One payment, with its receipt of cash and what is given back of it, if there are any."""

    payment: Payment
    receipt: CashReceipt | None
    refund: Refund | None

    @property
    def is_slip(self) -> bool:
        """Whether it is paid in cash."""
        return self.payment.method is PaymentMethod.CASH

    @property
    def is_open_at_bank(self) -> bool:
        """Whether it has its page on the desk."""
        return self.payment.state in (PaymentState.UNKNOWN, PaymentState.IN_REVIEW) or self.payment.owes_its_charge


@dataclass(frozen=True, slots=True)
class CustomerPayment:
    """The tries to pay one purchase, the newest first; `id` is the purchase's."""

    id: int
    tries: Sequence[Try]


def get(account_id: int, actor: Actor) -> Customer:
    """A customer for whom the actor searched lately: one query. Raises NotFound, HasPart when it is the actor's own."""
    me = aliased(Account)
    row = db.session.execute(
        select(Account, me.agency_code, me.role, conflicts_of_interest.in_customer(account_id, actor))
        .join(me, me.id == actor.account_id)
        .where(Account.id == account_id, Account.is_staff.is_(False), access_log.noted(account_id, actor))
        .options(joinedload(Account.person, innerjoin=True))
    ).one_or_none()
    if row is None:
        raise NotFound("Busque al cliente por su documento, un número suyo o su nombre.")
    account, agency, role, has_part = row
    if has_part:
        raise conflicts_of_interest.HasPart(conflicts_of_interest.OWN)
    return Customer(account, agency, role is Role.SUPERVISOR)


def contracting_files(account_id: int, number: str, actor: Actor) -> Sequence[Edition]:
    """The editions of how a customer's policy was contracted, the newest first: for supervisors, and for who works at
    the agency that sold it. Raises as `get`."""
    customer = get(account_id, actor)
    is_its = (Document.kind == kinds.CONTRACTING_FILE.code) & (Document.subject_id == ContractingFile.id)
    rows = db.session.execute(
        select(Policy.agency_code, ContractingFile.edition, Document)
        .outerjoin(ContractingFile, ContractingFile.policy_id == Policy.id)
        .outerjoin(Document, is_its)
        .where(Policy.account_id == account_id, Policy.number == number)
        .order_by(ContractingFile.edition.desc())
    ).all()
    if not rows or not customer.may_read_sale_of(rows[0].agency_code):
        raise NotFound(_NO_FILE)
    return [Edition(edition, document) for _agency, edition, document in rows if document is not None]


def open_contracting_file(account_id: int, number: str, edition: int, actor: Actor) -> tuple[str, bytes | None]:
    """File name and bytes of an edition, None while it is being printed; each look is recorded, since there are faces
    in it. Raises as `contracting_files`."""
    for one in contracting_files(account_id, number, actor):
        if one.number == edition:
            return _open(one.document, number, actor)
    raise NotFound(_NO_FILE)


def open_policy(account_id: int, number: str, actor: Actor) -> tuple[str, bytes | None]:
    """File name and bytes of a customer's policy as it was stored, None while it is being printed; each look is
    recorded, since it names who is paid. It proves no delivery: docs/rules.md, Administer. Raises as
    `assisted_changes.policy_of`."""
    policy = assisted_changes.policy_of(account_id, number, actor)
    return _open(store.of(kinds.POLICY, policy.terms_at(clock.now())), number, actor)


def _open(document: Document, number: str, actor: Actor) -> tuple[str, bytes | None]:
    if document.storage_key is None:
        return document.filename, None
    access_log.note_file(actor, number, document.id)
    return document.filename, store.storage().get(document.storage_key)


def policies(account_id: int, *, before: int | None = None, limit: int) -> Sequence[CustomerPolicy]:
    """The account's policies older than the line `before`, newest first: one query.

    They are chosen from their own table alone, and the terms looked up for those few.
    """
    now = clock.now()
    mine = select(Policy.id).where(Policy.account_id == account_id)
    chosen = paging.newest(mine, Policy.id, before=before, limit=limit).subquery()
    query = (
        select(
            Policy,
            Person,
            Endorsement.plan_code,
            Endorsement.premium_total,
            renewing.number_renewed(),
            renewing.number_of_renewal(),
        )
        .join(Person, Person.id == Policy.insured_id)
        .join(Endorsement, at_moment.is_in_force(Matter.TERMS, now))
        .where(Policy.id.in_(select(chosen.c.id)))
        .order_by(Policy.id.desc())
        .options(lazyload("*"))
    )
    return [
        CustomerPolicy(
            policy.id,
            policy.number,
            *offers.sold(policy.product_version_id, plan_code),
            insured.full_name,
            premium,
            policy.starts_at,
            policy.ends_at,
            policy.state_at(now),
            policy.agency_code,
            renews,
            renewed_by,
        )
        for policy, insured, plan_code, premium, renews, renewed_by in db.session.execute(query)
    ]


def quotes(account_id: int, *, before: int | None = None, limit: int) -> Sequence[CustomerQuote]:
    """The account's quotes older than the line `before`, newest first, each with its purchase: one query."""
    query = (
        select(Quote, Purchase.state)
        .outerjoin(Purchase, Purchase.quote_id == Quote.id)
        .where(Quote.account_id == account_id)
        .options(lazyload("*"))
    )
    page = paging.newest(query, Quote.id, before=before, limit=limit)
    now = clock.now()
    return [
        CustomerQuote(
            quote.id,
            quote.number,
            *offers.sold(quote.product_version_id, quote.plan_code),
            quote.premium_total,
            quote.created_at,
            quote.valid_until,
            quote.state_on(now),
            purchase_state,
            quote.is_plan_change,
        )
        for quote, purchase_state in db.session.execute(page)
    ]


def payments(account_id: int, *, before: int | None = None, limit: int) -> Sequence[CustomerPayment]:
    """The account's purchases that came to a payment, older than `before`, newest first, with every try: one query.

    By purchase, since payments know their account only through it: any depth costs the same.
    """
    paid = select(Purchase.id).where(
        Purchase.account_id == account_id, exists().where(Payment.purchase_id == Purchase.id)
    )
    chosen = paging.newest(paid, Purchase.id, before=before, limit=limit).subquery()
    rows = db.session.execute(
        select(Payment, CashReceipt, Refund)
        .join(chosen, chosen.c.id == Payment.purchase_id)
        .outerjoin(CashReceipt, CashReceipt.payment_id == Payment.id)
        .outerjoin(
            Refund,
            (Refund.receipt_id == CashReceipt.id) | (Refund.receipt_id.is_(None) & (Refund.payment_id == Payment.id)),
        )
        .order_by(Payment.purchase_id.desc(), Payment.id.desc(), CashReceipt.id.desc())
        .options(lazyload("*"))
    )
    by_purchase = groupby((Try(*row) for row in rows), key=lambda one: one.payment.purchase_id)
    return [CustomerPayment(purchase_id, list(tries)) for purchase_id, tries in by_purchase]
