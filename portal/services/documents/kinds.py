"""The kinds of documents: of what each is made, how its file is called, whose it is and who else may see it.

What a document says is in `portal/services/printing/contents`, a module a kind, on the template of the same name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from portal.domain.actor import Actor
from portal.integrations.pdf_sheets import A4, PICTURE, PURSE_CARD, Sheet
from portal.models import (
    Appeal,
    CashReceipt,
    Claim,
    ClaimAward,
    ClaimParty,
    ContractingFile,
    Endorsement,
    Notice,
    Payment,
    Payout,
    Quote,
    Role,
)
from portal.services.catalogue import agencies
from portal.services.platform import outbox

RENDER = outbox.Job("documents", "workers.documents.render")
# Costs nothing to ask for: a queue of its own, behind which nobody waits for what was paid.
RENDER_QUOTE = outbox.Job("quotes", "workers.quotes.render")


class Row(Protocol):
    """What a document is made of."""

    @property
    def id(self) -> int:
        """Its key in its own table."""


def _is_theirs(party: ClaimParty, actor: Actor) -> bool:
    """Whether the actor is this person of a claim, or acts for them."""
    acting = party.represented_by
    return party.is_of(actor) or (acting is not None and acting.is_of(actor))


def _has(claim: Claim, actor: Actor) -> bool:
    """Whether the actor is who of the staff has the claim, or entered it."""
    return actor.is_staff and actor.account_id in (claim.assignee_id, claim.registered_by_id)


Subject = TypeVar("Subject", bound=Row)


@dataclass(frozen=True, slots=True)
class DocumentKind(Generic[Subject]):
    """`code` is what a row, its contents and its template are called; `label` what the desk calls it. `subject`: the
    rows it is made of, one document each. `owner`: the account whose document it is, None of somebody without one;
    `also`: who may see it besides, with or without an account. `name`: of its file, without the ending. `job`: who
    prints it. `signed`: whether its bytes carry our signature. `sheet`: what it is printed on. `pixels`: how wide it is
    drawn, of one that is a picture (PNG) and no PDF."""

    code: str
    label: str
    subject: type[Subject]
    owner: Callable[[Subject], int | None]
    name: Callable[[Subject], str]
    job: outbox.Job = RENDER
    signed: bool = False
    sheet: Sheet = A4
    pixels: int | None = None
    also: Callable[[Subject, Actor], bool] | None = None

    @property
    def ending(self) -> str:
        """Of its file."""
        return ".png" if self.pixels else ".pdf"


QUOTE = DocumentKind(
    code="quote",
    label="PDF de la cotización",
    subject=Quote,
    owner=lambda quote: quote.account_id,
    name=lambda quote: quote.number,
    job=RENDER_QUOTE,
)
POLICY = DocumentKind(
    code="policy",
    label="PDF de la póliza",
    subject=Endorsement,  # whose terms it states
    owner=lambda terms: terms.policy.account_id,
    name=lambda terms: terms.policy.number,
    signed=True,
)
SLIP = DocumentKind(
    code="slip",
    label="PDF de la solicitud de pago",
    subject=Payment,
    owner=lambda payment: payment.purchase.account_id,
    name=lambda payment: payment.number,
)
RECEIPT = DocumentKind(
    code="receipt",
    label="PDF del recibo",
    subject=CashReceipt,
    owner=lambda receipt: receipt.payment.purchase.account_id,
    name=lambda receipt: receipt.number,
    also=lambda receipt, actor: agencies.may_read(actor, receipt.agency_code, agencies.find_of_member(actor)),
)
ENDORSEMENT = DocumentKind(
    code="endorsement",
    label="PDF del endoso",
    subject=Endorsement,
    owner=lambda endorsement: endorsement.policy.account_id,
    name=lambda endorsement: f"{endorsement.policy.number}-endoso-{endorsement.number}",
    signed=True,
)
PAYOUT = DocumentKind(
    code="payout",
    label="PDF del pago por cobrar",
    subject=Payout,
    owner=lambda payout: (payout.award.party.represented_by or payout.award.party).account_id if payout.award else None,
    name=lambda payout: payout.number,
    also=lambda payout, actor: agencies.may_read(actor, payout.agency_code or "", agencies.find_of_member(actor)),
)
NOTICE_LETTER = DocumentKind(
    code="notice_letter",
    label="Carta de un aviso",
    subject=Notice,
    owner=lambda _notice: None,
    name=lambda notice: f"{notice.number}-respuesta",
    signed=True,
    also=lambda notice, actor: actor.is_staff and actor.account_id in (notice.assignee_id, notice.entered_by_id),
)
CONTRACTING_FILE = DocumentKind(
    code="contracting_file",
    label="PDF del expediente de contratación",
    subject=ContractingFile,
    owner=lambda file: file.policy.account_id,
    name=lambda file: f"{file.policy.number}-expediente-{file.edition}",
    signed=True,
)
CLAIM_RECEIPT = DocumentKind(
    code="claim_receipt",
    label="PDF de la constancia de siniestro",
    subject=Claim,
    owner=lambda claim: claim.policy.account_id,
    name=lambda claim: f"constancia-{claim.number}",
    signed=True,
    also=lambda claim, actor: (
        claim.registered_by_id == actor.account_id or any(one.is_of(actor) for one in claim.parties)
    ),
)
CLAIM_LETTER = DocumentKind(
    code="claim_letter",
    label="Carta de decisión del siniestro",
    subject=ClaimAward,  # each person's own
    owner=lambda award: (award.party.represented_by or award.party).account_id,
    name=lambda award: f"carta-{award.resolution.claim.number}-{award.party_id}",
    signed=True,
    # Nobody else of the claim: its holder reads no other person's share.
    also=lambda award, actor: (
        actor.role == Role.SUPERVISOR or _is_theirs(award.party, actor) or _has(award.resolution.claim, actor)
    ),
)
APPEAL_LETTER = DocumentKind(
    code="appeal_letter",
    label="Carta de respuesta a una revisión",
    subject=Appeal,
    owner=lambda appeal: (appeal.party.represented_by or appeal.party).account_id,
    name=lambda appeal: f"carta-{appeal.number}",
    signed=True,
    also=lambda appeal, actor: actor.is_staff or _is_theirs(appeal.party, actor),
)
FAMILY_CARD = DocumentKind(
    code="family_card",
    label="Tarjeta para la familia",
    subject=Endorsement,  # since which the policy names the insured person so
    owner=lambda named: named.policy.account_id,
    name=lambda named: f"tarjeta-{named.policy.number}",
    sheet=PURSE_CARD,
)
FAMILY_PICTURE = DocumentKind(
    code="family_picture",
    label="Tarjeta para la familia, como imagen",
    subject=Endorsement,
    owner=lambda named: named.policy.account_id,
    name=lambda named: f"tarjeta-{named.policy.number}",
    sheet=PICTURE,
    pixels=1080,
)
KINDS: tuple[DocumentKind[Any], ...] = (
    QUOTE,
    POLICY,
    SLIP,
    RECEIPT,
    ENDORSEMENT,
    PAYOUT,
    CLAIM_LETTER,
    APPEAL_LETTER,
    NOTICE_LETTER,
    CONTRACTING_FILE,
    CLAIM_RECEIPT,
    FAMILY_CARD,
    FAMILY_PICTURE,
)

_BY_CODE = {kind.code: kind for kind in KINDS}


def by_code(code: str) -> DocumentKind[Any]:
    """The kind that a row names. Raises KeyError for one that this release does not know."""
    return _BY_CODE[code]
