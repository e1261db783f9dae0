"""The beneficiaries of a purchase: named one by one, shares checked when the step is finished."""

from portal.domain import beneficiaries as rules
from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.beneficiaries import Beneficiary, BeneficiaryKind
from portal.domain.errors import DomainError, NotFound
from portal.models import Purchase, PurchaseBeneficiary
from portal.models.transaction import writing
from portal.services.platform import audit
from portal.services.sale import purchasing


class NotFinished(DomainError):
    """The person was kept, and the step is not finished: its words say what the shares lack."""


def put(public_id: str, beneficiary_id: int | None, value: Beneficiary, actor: Actor) -> None:
    """Add a beneficiary, or change the one of that id (S14). Raises DomainError on the field at fault."""
    with writing():
        purchase = purchasing.open_for_editing(public_id, actor)
        _put(purchase, beneficiary_id, value)
        audit.record(actor, "purchase.beneficiary_put", purchase.quote.number)


def put_last(public_id: str, beneficiary_id: int | None, value: Beneficiary, actor: Actor) -> None:
    """Put a beneficiary and finish the step, in one commit. Raises DomainError on the field at fault, NotFinished."""
    lacking = None
    with writing():
        purchase = purchasing.open_for_editing(public_id, actor)
        _put(purchase, beneficiary_id, value)
        try:
            _finish(purchase)
        except DomainError as error:
            lacking = error.message
        audit.record(actor, "purchase.beneficiary_put", purchase.quote.number, finished=lacking is None)
    if lacking:
        raise NotFinished(lacking)


def remove(public_id: str, beneficiary_id: int, actor: Actor) -> None:
    """Take a beneficiary off. One that is already gone is no error: the second click of a double one."""
    with writing():
        purchase = purchasing.open_for_editing(public_id, actor)
        purchase.beneficiaries = [one for one in purchase.beneficiaries if one.id != beneficiary_id]
        purchase.beneficiaries_answered = False
        audit.record(actor, "purchase.beneficiary_removed", purchase.quote.number)


def share_equally(public_id: str, actor: Actor) -> None:
    """Give equal shares to the primaries, and to the contingents."""
    with writing():
        purchase = purchasing.open_for_editing(public_id, actor)
        for kind in BeneficiaryKind:
            group = [one for one in purchase.beneficiaries if one.kind is kind]
            for one, share in zip(group, rules.equal_shares(len(group)) if group else [], strict=True):
                one.share = share
        purchase.beneficiaries_answered = False
        audit.record(actor, "purchase.shares_equal", purchase.quote.number)


def finish(public_id: str, actor: Actor) -> None:
    """The step is answered: shares total 100, or nobody is named and the legal heirs are paid."""
    with writing():
        if _is_finished(purchasing.open_for_confirming(public_id, actor), named=True):
            return  # nothing changed: a slip made with these answers stays good
        purchase = purchasing.open_for_editing(public_id, actor)
        _finish(purchase)
        audit.record(actor, "purchase.beneficiaries", purchase.quote.number, named=len(purchase.beneficiaries))


def name_nobody(public_id: str, actor: Actor) -> None:
    """Nobody is named: the legal heirs are paid (Ley 29946; registry of Ley 29355)."""
    with writing():
        if _is_finished(purchasing.open_for_confirming(public_id, actor), named=False):
            return
        purchase = purchasing.open_for_editing(public_id, actor)
        purchase.beneficiaries = []
        purchase.beneficiaries_answered = True
        audit.record(actor, "purchase.beneficiaries", purchase.quote.number, named=0)


def find(purchase: Purchase, beneficiary_id: int) -> PurchaseBeneficiary:
    """The beneficiary of that id. Raises NotFound."""
    return _row(purchase, beneficiary_id)


def _put(purchase: Purchase, beneficiary_id: int | None, value: Beneficiary) -> None:
    if beneficiary_id is None and value in [one.as_value() for one in purchase.beneficiaries]:
        return  # the second press of a double one
    rules.check_beneficiary(value, purchase.quote.insured.identity, clock.today())
    if beneficiary_id is None:
        rules.check_room(len(purchase.beneficiaries))
        row = PurchaseBeneficiary()
        purchase.beneficiaries.append(row)
    else:
        row = _row(purchase, beneficiary_id)
    row.take(value)
    _check_not_twice(purchase)
    purchase.beneficiaries_answered = False  # until the shares are checked together


def _is_finished(purchase: Purchase, *, named: bool) -> bool:
    return purchase.beneficiaries_answered and bool(purchase.beneficiaries) is named


def _finish(purchase: Purchase) -> None:
    rules.check_shares([one.as_value() for one in purchase.beneficiaries])
    purchase.beneficiaries_answered = True


def _row(purchase: Purchase, beneficiary_id: int) -> PurchaseBeneficiary:
    for one in purchase.beneficiaries:
        if one.id == beneficiary_id:
            return one
    raise NotFound("Esa persona ya no está en la lista.")


def _check_not_twice(purchase: Purchase) -> None:
    known = [one.identity for one in purchase.beneficiaries if one.identity]
    if len(known) != len(set(known)):
        raise DomainError("Ya nombró a una persona con ese documento.", "numero_documento")
