"""Finding a customer by document, number, mobile, mail or name; and a claim or a notice by its number. Every search
leaves its audit row."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, exists, select

from portal.domain.actor import Actor
from portal.domain.errors import DomainError, NotFound
from portal.domain.search import Reading, SearchKind, readings
from portal.extensions import db
from portal.models import (
    Account,
    CashReceipt,
    Claim,
    NameWord,
    Notice,
    Payment,
    Person,
    Policy,
    Purchase,
    Quote,
    Refund,
)
from portal.models.transaction import writing
from portal.services.controls import access_log, conflicts_of_interest
from portal.services.platform import audit, paging

_FIELD = "dato"
_NONE = (
    "No encontramos a ningún cliente con ese dato. Revíselo, o busque por otro: documento, número, celular, "
    "correo o nombre."
)
_MOST_LISTED = 60
_LAST = "\U0010ffff"  # sorts after every letter: the end of what begins with a prefix


@dataclass(frozen=True, slots=True)
class Hit:
    """A customer in a list: what is needed to tell one from another, and no more."""

    id: int
    name: str
    document: str
    ubigeo: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a search leads to: the account of a customer, or the number of a claim or of a notice. Neither when several
    customers fit."""

    account_id: int | None = None
    claim: str | None = None
    notice: str | None = None


def seek(typed: str, actor: Actor) -> Found:
    """The claim or the notice of this number, whose page says by itself what of it the actor reads; else what
    `find` does. Raises DomainError on the field `dato` when nothing fits, HasPart when the customer is the actor."""
    tried = readings(typed, field=_FIELD)
    if tried[0].kind in (SearchKind.CLAIM, SearchKind.NOTICE):
        return _numbered(tried[0], actor)
    return Found(find(typed, actor))


def find(typed: str, actor: Actor) -> int | None:
    """The account of the one customer who fits, whose pages the actor may read from now on; None when several fit, for
    `matches`. Raises DomainError on the field `dato` when nobody does, HasPart when it is the actor's own."""
    tried = readings(typed, field=_FIELD)
    with _on_record(tried, actor), writing() as session:
        reading, owners = _meant(tried)
        found = session.scalars(_customers(owners).limit(2)).all()
        if len(found) > 1:
            audit.record(actor, "customer.list", f"search:{reading.kind}")
            return None
        return _note(found[0], reading.kind, actor)


def _numbered(reading: Reading, actor: Actor) -> Found:
    is_claim = reading.kind is SearchKind.CLAIM
    number = Claim.number if is_claim else Notice.number
    there = db.session.scalar(select(exists().where(number == reading.value)))
    with writing():
        audit.record(actor, f"{reading.kind}.{'find' if there else 'refused'}", f"search:{reading.kind}")
    if not there:
        raise DomainError(f"No hay ningún {'siniestro' if is_claim else 'aviso'} con ese número. Revíselo.", _FIELD)
    return Found(claim=reading.value) if is_claim else Found(notice=reading.value)


def choose(typed: str, account_id: int, actor: Actor) -> int:
    """One of those that `matches` lists. Raises NotFound for another, HasPart when it is the actor's own."""
    tried = readings(typed, field=_FIELD)
    with _on_record(tried, actor), writing() as session:
        reading, owners = _meant(tried)
        if session.scalar(_customers(owners).where(Account.id == account_id)) is None:
            raise NotFound("Ese cliente no está entre los que buscó.")
        return _note(account_id, reading.kind, actor)


def matches(typed: str, *, before: int | None = None, limit: int) -> Sequence[Hit]:
    """The newest sixty customers who fit, older than `before`: who is not among them needs another word, and nobody
    walks through all customers by two letters. Raises DomainError when nobody fits."""
    _reading, owners = _meant(readings(typed, field=_FIELD))
    listed = paging.newest(_customers(owners), Account.id, limit=_MOST_LISTED)
    query = (
        _customers(Account.id.in_(listed.subquery().select()))
        .join(Person, Person.id == Account.person_id)
        .with_only_columns(Account.id, Person)
    )
    return [
        Hit(account_id, person.full_name, masked(person), person.ubigeo)
        for account_id, person in db.session.execute(paging.newest(query, Account.id, before=before, limit=limit))
    ]


def masked(person: Person) -> str:
    """`DNI •••••678`: enough to tell one from another beside the person, too little to carry away."""
    hidden = len(person.document_number) - 3
    return f"{person.document_name} {'•' * hidden}{person.identity.full_number[hidden:]}"


def _note(account_id: int, kind: SearchKind, actor: Actor) -> int:
    if db.session.scalar(select(conflicts_of_interest.in_customer(account_id, actor))):
        raise conflicts_of_interest.HasPart(conflicts_of_interest.OWN)
    access_log.note(actor, access_log.CUSTOMER, account_id, by=kind.value)
    return account_id


@contextmanager
def _on_record(tried: Sequence[Reading], actor: Actor) -> Iterator[None]:
    """What finds nobody, or whom the actor may not read, was a search too: its row is a commit of its own."""
    try:
        yield
    except DomainError:
        with writing():
            audit.record(actor, "customer.refused", f"search:{tried[0].kind}")
        raise


def _meant(tried: Sequence[Reading]) -> tuple[Reading, ColumnElement[bool]]:
    """The first reading by which there is somebody, with its condition on accounts."""
    for reading in tried:
        owners = _OWNERS[reading.kind](reading)
        if db.session.scalar(_customers(owners).limit(1)) is not None:
            return reading, owners
    raise DomainError(_NONE, _FIELD)


def _customers(owners: ColumnElement[bool]) -> Select[int]:
    return select(Account.id).where(Account.is_staff.is_(False), owners)


def _by_name(reading: Reading) -> ColumnElement[bool]:
    """Each word begins a word of the name, in any order."""
    return and_(
        *(
            Account.id.in_(select(NameWord.account_id).where(NameWord.word >= word, NameWord.word < word + _LAST))
            for word in reading.words
        )
    )


def _of(query: Select[int]) -> ColumnElement[bool]:
    return Account.id == query.scalar_subquery()


_paid_by = select(Purchase.account_id).join(Payment, Payment.purchase_id == Purchase.id)

_OWNERS: dict[SearchKind, Callable[[Reading], ColumnElement[bool]]] = {
    SearchKind.DOCUMENT: lambda reading: Account.document_number == reading.value,
    SearchKind.NAME: _by_name,
    SearchKind.EMAIL: lambda reading: Account.email == reading.value,
    SearchKind.MOBILE: lambda reading: Account.person_id.in_(select(Person.id).where(Person.phone == reading.value)),
    SearchKind.POLICY: lambda reading: _of(select(Policy.account_id).where(Policy.number == reading.value)),
    SearchKind.QUOTE: lambda reading: _of(select(Quote.account_id).where(Quote.number == reading.value)),
    SearchKind.PAYMENT: lambda reading: _of(_paid_by.where(Payment.number == reading.value)),
    SearchKind.SLIP: lambda reading: _of(_paid_by.where(Payment.slip_code == reading.value)),
    SearchKind.RECEIPT: lambda reading: _of(
        _paid_by.join(CashReceipt, CashReceipt.payment_id == Payment.id).where(CashReceipt.number == reading.value)
    ),
    SearchKind.REFUND: lambda reading: _of(select(Refund.account_id).where(Refund.number == reading.value)),
}
