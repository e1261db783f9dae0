"""Who is paid, named one by one: of a purchase, and of a policy. Shares are checked together at the end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import select

from portal.domain import beneficiaries as rules
from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.beneficiaries import Beneficiary, BeneficiaryKind, NotFinished
from portal.domain.errors import DomainError, NotFound
from portal.domain.identity import Identity
from portal.extensions import db
from portal.models import Endorsement, Person, Policy, Purchase, PurchaseBeneficiary, Quote
from portal.models.beneficiaries import BeneficiaryColumns
from portal.models.transaction import writing
from portal.services.platform import audit
from portal.services.sale import purchasing


class Named(Protocol):
    """What names people."""

    beneficiaries: Any


Subject = TypeVar("Subject", bound=Named)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Naming(Generic[Subject]):
    """Naming the people of one kind of subject. `open`: one by its key, in a transaction, to be edited; `row`: the
    model of its people. `answer`: it is finished, or edited again; `is_answered`: whether it was finished before, with
    or without somebody named, so that nothing changes. `record`: what a purchase's story says of it, with details.
    `earlier`: who was named before and may be named again by one press."""

    open: Callable[[str, Actor], Subject]
    row: type[BeneficiaryColumns]
    insured: Callable[[Subject], Identity]
    answer: Callable[[Subject, bool], None]
    is_answered: Callable[[str, Actor, bool], bool]
    record: Callable[..., None]
    earlier: Callable[[Subject], Sequence[BeneficiaryColumns]] = lambda _subject: ()

    def put(
        self, key: str, beneficiary_id: int | None, value: Beneficiary, actor: Actor, *, is_share_left: bool = False
    ) -> None:
        """Add a beneficiary, or change the one of that id (S14); where `is_share_left`, with the share that is left to
        them, equal among equal ones. Raises DomainError on the field at fault."""
        with writing():
            subject = self.open(key, actor)
            self._put(subject, beneficiary_id, value, is_share_left)
            self.record(actor, "purchase.beneficiary_put", subject)

    def put_last(
        self, key: str, beneficiary_id: int | None, value: Beneficiary, actor: Actor, *, is_share_left: bool = False
    ) -> None:
        """Put a beneficiary and finish, in one commit. Raises DomainError on the field at fault, NotFinished."""
        lacking = None
        with writing():
            subject = self.open(key, actor)
            self._put(subject, beneficiary_id, value, is_share_left)
            try:
                self._finish(subject)
            except DomainError as error:
                lacking = error.message
            self.record(actor, "purchase.beneficiary_put", subject, finished=lacking is None)
        if lacking:
            raise NotFinished(lacking)

    def remove(self, key: str, beneficiary_id: int, actor: Actor) -> None:
        """Take a beneficiary off. One that is already gone is no error: the second click of a double one."""
        with writing():
            subject = self.open(key, actor)
            for group in _groups(subject):
                others = [one for one in group if one.id != beneficiary_id]
                if len(others) < len(group) and rules.are_equal([one.share for one in group]):
                    _share_equally(others)
            subject.beneficiaries = [one for one in subject.beneficiaries if one.id != beneficiary_id]
            self.answer(subject, False)
            self.record(actor, "purchase.beneficiary_removed", subject)

    def share_equally(self, key: str, actor: Actor) -> None:
        """Give equal shares to the primaries, and to the contingents."""
        with writing():
            subject = self.open(key, actor)
            for group in _groups(subject):
                _share_equally(group)
            self.answer(subject, False)
            self.record(actor, "purchase.shares_equal", subject)

    def finish(self, key: str, actor: Actor) -> None:
        """The list is whole: shares total 100, or nobody is named and the legal heirs are paid."""
        with writing():
            if self.is_answered(key, actor, True):
                return
            subject = self.open(key, actor)
            self._finish(subject)
            self.record(actor, "purchase.beneficiaries", subject, named=len(subject.beneficiaries))

    def name_nobody(self, key: str, actor: Actor) -> None:
        """Nobody is named: the legal heirs are paid (Ley 29946; registry of Ley 29355). Raises DomainError once
        somebody is: they are taken off one by one."""
        with writing():
            if self.is_answered(key, actor, False):
                return
            subject = self.open(key, actor)
            _check_as_shown(not subject.beneficiaries)
            self.answer(subject, True)
            self.record(actor, "purchase.beneficiaries", subject, named=0)

    def name_same(self, key: str, actor: Actor) -> None:
        """The people of an earlier policy of the same insured, as it names them now, while nobody else is named.
        Raises DomainError."""
        with writing():
            if self.is_answered(key, actor, True):
                return
            subject = self.open(key, actor)
            people = self.earlier(subject)
            _check_as_shown(bool(people) and not subject.beneficiaries)
            for one in people:
                self._put(subject, None, one.as_value(), False)
            self._finish(subject)
            self.record(actor, "purchase.beneficiaries", subject, named=len(subject.beneficiaries))

    def find(self, subject: Subject, beneficiary_id: int) -> BeneficiaryColumns:
        """The beneficiary of that id. Raises NotFound."""
        rows: list[BeneficiaryColumns] = subject.beneficiaries
        for one in rows:
            if one.id == beneficiary_id:
                return one
        raise NotFound("Esa persona ya no está en la lista.")

    def _put(self, subject: Subject, beneficiary_id: int | None, value: Beneficiary, is_share_left: bool) -> None:
        named = [one.as_value() for one in subject.beneficiaries]
        if beneficiary_id is None and any(
            value == (replace(one, share=value.share) if is_share_left else one) for one in named
        ):
            return  # the second press of a double one
        others = [one for one in subject.beneficiaries if one.kind is value.kind and one.id != beneficiary_id]
        shares = [one.share for one in others]
        if is_share_left:
            value = replace(value, share=rules.share_left(shares))
        rules.check_beneficiary(value, self.insured(subject), clock.today())
        if beneficiary_id is None:
            rules.check_room(len(subject.beneficiaries))
            row = self.row()
            subject.beneficiaries.append(row)
        else:
            row = self.find(subject, beneficiary_id)
        row.take(value)
        if is_share_left and rules.are_equal(shares):
            _share_equally([*others, row])
        _check_not_twice(subject)
        self.answer(subject, False)  # until the shares are checked together

    def _finish(self, subject: Subject) -> None:
        rules.check_shares([one.as_value() for one in subject.beneficiaries])
        self.answer(subject, True)


def _groups(subject: Named) -> list[list[BeneficiaryColumns]]:
    """Those who share one whole: the primaries, and the contingents."""
    return [[one for one in subject.beneficiaries if one.kind is kind] for kind in BeneficiaryKind]


def _check_as_shown(is_as_shown: bool) -> None:
    """What a page offers while nobody is named can't replace who was named since, in another tab. Raises
    DomainError."""
    if not is_as_shown:
        raise DomainError("La lista cambió. Revísela y elija otra vez.")


def _share_equally(group: Sequence[BeneficiaryColumns]) -> None:
    for one, share in zip(group, rules.equal_shares(len(group)) if group else [], strict=True):
        one.share = share


def _check_not_twice(subject: Named) -> None:
    known = [one.identity for one in subject.beneficiaries if one.identity]
    if len(known) != len(set(known)):
        raise DomainError("Ya nombró a una persona con ese documento.", "numero_documento")


def _answer(purchase: Purchase, is_answered: bool) -> None:
    purchase.beneficiaries_answered = is_answered


def _is_answered(key: str, actor: Actor, named: bool) -> bool:
    """Then nothing changes: a slip made with these answers stays good."""
    purchase = purchasing.open_for_confirming(key, actor)
    return purchase.beneficiaries_answered and bool(purchase.beneficiaries) is named


def _earlier(purchase: Purchase) -> Sequence[BeneficiaryColumns]:
    """Whom the newest policy of the same account and insured that names somebody names now."""
    insured = purchase.quote.insured
    theirs = (
        Person.country == insured.country,
        Person.document_type == insured.document_type,
        Person.document_number == insured.document_number,
    )
    policy = db.session.scalars(
        select(Policy)
        .join(Policy.purchase)
        .join(Purchase.quote)
        .join(Quote.insured)
        .where(Purchase.account_id == purchase.account_id, *theirs)
        .where(Policy.endorsements.any(Endorsement.beneficiaries.any()))
        .order_by(Policy.id.desc())
        .limit(1)
    ).one_or_none()
    return policy.beneficiaries_at(clock.now()) if policy else ()


def _record(actor: Actor, action: str, purchase: Purchase, **details: Any) -> None:
    audit.record(actor, action, purchase.quote.number, **details)


NAMING = Naming(
    open=purchasing.open_for_editing,
    row=PurchaseBeneficiary,
    insured=lambda purchase: purchase.quote.insured.identity,
    answer=_answer,
    is_answered=_is_answered,
    record=_record,
    earlier=_earlier,
)
