"""Where each person of a claim is written to. Nobody is written to about another's part."""

from dataclasses import dataclass

from portal.domain.claim import PartyKind
from portal.extensions import db
from portal.models import Account, Claim, ClaimParty
from portal.services.claims import coverage as terms
from portal.services.claims import parties


@dataclass(frozen=True, slots=True)
class Addressee:
    """`account`: whose portal shows the mail too, if they have one that is known to be theirs. `name`: whom it
    greets."""

    email: str
    account: Account | None
    name: str

    def page_of(self, claim: Claim) -> str:
        """Where they find the claim: a part of the portal."""
        return f"/siniestros/{claim.number}" if self.account else "/avisos/seguimiento"


def of(party: ClaimParty) -> Addressee | None:
    """Themselves, or who acts for them; None where no address is known, or it is the mailbox of who died."""
    for one in (party, party.represented_by):
        if one is None or _has_died(one):
            continue
        account = db.session.get(Account, one.account_id) if one.account_id else None
        if account is not None:
            return Addressee(account.email, account, account.person.names.split()[0])
        if one.email:
            return Addressee(one.email, None, one.names.split()[0])
    return None


def who_brings(claim: Claim) -> Addressee | None:
    """Who brings the claim's own documents: the customer who registered it, the holder for whom one of the staff did,
    or else who acts for another or is paid; nobody who only told of it. None where that leaves the mailbox of who died:
    the desk calls."""
    registrar = db.session.get_one(Account, claim.registered_by_id)
    if not registrar.is_staff:
        return Addressee(registrar.email, registrar, registrar.person.names.split()[0])
    acting = [one for one in claim.parties if one.kind is PartyKind.REPRESENTATIVE and one.excluded_at is None]
    reached = next(filter(None, map(of, [*acting, *parties.paid(claim)])), None)
    if reached is not None:
        return reached
    if is_of_dead(claim):
        return None
    holder = claim.policy.account
    return Addressee(holder.email, holder, holder.person.names.split()[0])


def is_of_dead(claim: Claim) -> bool:
    """Whether the holder is who died, by what is claimed and was not denied."""
    return _is_death(claim) and claim.policy.holder_is_insured


def _has_died(party: ClaimParty) -> bool:
    return _is_death(party.claim) and party.identity == party.claim.policy.insured.identity


def _is_death(claim: Claim) -> bool:
    coverage = terms.coverage_of(claim)
    return coverage is not None and coverage.on_death and not claim.insured_lives
