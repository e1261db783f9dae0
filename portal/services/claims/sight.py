"""What the staff sees of a claim before anything else of it: where it stands, who has it, and what they may read."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import aliased, contains_eager, lazyload

from portal.domain.actor import Actor
from portal.domain.catalogue import Coverage, Product
from portal.domain.errors import NotFound
from portal.extensions import db
from portal.models import Account, Claim, ClaimPaper, Person, Policy, StoredFile
from portal.services.claims import coverage as terms
from portal.services.claims import reach
from portal.services.controls import conflicts_of_interest


@dataclass(frozen=True, slots=True)
class Sight:
    """`reads_files`: the reader reads all of it; `may_work`: it is, or may become, their work; `has_part`: they are
    somebody in it, and neither read nor decide anything of it here."""

    claim: Claim
    assignee: str
    reads_files: bool
    may_work: bool
    has_part: bool

    @property
    def insured(self) -> Person:
        """Whom it is about."""
        return self.claim.policy.insured

    @property
    def coverage(self) -> Coverage | None:
        """What is claimed; None for a case that is in none of them."""
        return terms.coverage_of(self.claim)

    @property
    def product(self) -> Product:
        """As it was sold."""
        return terms.product_of(self.claim)


def of(number: str, actor: Actor) -> Sight:
    """Where a claim stands, for anybody of the staff. One query. Raises NotFound."""
    row = db.session.execute(_alone(asked(actor).where(Claim.number == number))).one_or_none()
    if row is None:
        raise NotFound("No encontramos ese pedido.")
    return seen(row, actor)


def readable(number: str, actor: Actor) -> Claim:
    """A claim whose files the actor reads. Raises NotFound, HasPart."""
    found = of(number, actor)
    if found.has_part:
        raise conflicts_of_interest.HasPart(conflicts_of_interest.OWN_CLAIM)
    if not found.reads_files:
        raise NotFound("No encontramos ese pedido.")
    return found.claim


def file(number: str, file_id: int, actor: Actor) -> StoredFile:
    """A file of such a claim. One query. Raises NotFound."""
    query = (
        asked(actor)
        .add_columns(StoredFile)
        .join(ClaimPaper, ClaimPaper.claim_id == Claim.id)
        .join(StoredFile, and_(StoredFile.owner_kind == ClaimPaper.FILES, StoredFile.owner_id == ClaimPaper.id))
        .where(Claim.number == number, StoredFile.id == file_id)
    )
    row = db.session.execute(_alone(query)).one_or_none()
    if row is None or not seen(row, actor).reads_files:
        raise NotFound("No encontramos ese archivo.")
    found: StoredFile = row.StoredFile
    return found


# Made once: an alias makes a column of its own for each that its table has.
_MEMBER, _ASSIGNEE = aliased(Account), aliased(Person)


def asked(actor: Actor) -> Any:
    """The query of it, to be asked with more; `seen` reads its row."""
    return (
        select(
            Claim,
            _ASSIGNEE.names.label("assignee_names"),
            _ASSIGNEE.paternal_surname.label("assignee_surname"),
            reach.may_work_on(actor).label("may_work"),
            conflicts_of_interest.in_claim(Claim.id, actor).label("has_part"),
        )
        .join(Policy, Policy.id == Claim.policy_id)
        .outerjoin(_MEMBER, _MEMBER.id == Claim.assignee_id)
        .outerjoin(_ASSIGNEE, _ASSIGNEE.id == _MEMBER.person_id)
        .where(Claim.number.is_not(None))
        .options(contains_eager(Claim.policy))
    )


def seen(row: Any, actor: Actor) -> Sight:
    """What a row of `asked` says."""
    assignee = f"{row.assignee_names.split()[0]} {row.assignee_surname}" if row.assignee_names else ""
    reads = reach.reads_files(row.Claim, actor) and not row.has_part
    return Sight(row.Claim, assignee, reads, bool(row.may_work), bool(row.has_part))


def _alone(query: Any) -> Any:
    """Without what hangs on the claim and its policy: nobody asks for it."""
    unasked = (
        lazyload(Claim.parties),
        lazyload(Claim.papers),
        contains_eager(Claim.policy).lazyload(Policy.endorsements),
    )
    return query.options(*unasked)
