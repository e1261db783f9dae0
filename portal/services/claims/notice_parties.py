"""Who the sender of a notice is in a claim: as the policy says by their document and name, or as the desk finds.

A document alone makes nobody a beneficiary: whoever knows it could type it. Under another name they have only told of
it, until the desk has accepted the document that shows who they are. Source: B01; docs/rules.md, Claims.
"""

from dataclasses import dataclass

from sqlalchemy import select

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.catalogue import Payee
from portal.domain.claim import PARTY_NAMES, NoticeState, PaperState, PartyKind
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.names import alike
from portal.extensions import db
from portal.models import Claim, ClaimParty, Notice, NoticeMatch
from portal.models.people import names_person
from portal.models.transaction import NOT_THE_KEY, writing
from portal.services.claims import acting, notices, papers, parties
from portal.services.claims import claim as rows
from portal.services.claims import coverage as terms
from portal.services.messaging import outgoing
from portal.services.messaging.mails.notices import NoticeMatched
from portal.services.platform import audit

_IS, _ACTS = "es", "representa"
HEIR, SPENDER, NOTIFIER = "heredero", "gasto", "avisa"


@dataclass(frozen=True, slots=True)
class Choice:
    """What the desk may say that the sender is; `value` stands in the form."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """Somebody of the claim has the document that the sender typed, and another name. `is_shown`: a document that says
    who they are was accepted."""

    party: ClaimParty
    is_shown: bool


def of_sender(claim: Claim, notice: Notice, actor: Actor) -> ClaimParty:
    """The person of the claim that the sender is by their document and name, with how to reach them; else somebody who
    only told of it. In the present transaction."""
    named = _with_document(claim, notice)
    if named is not None and _is_alike(named, notice):
        _reach(named, notice)
        return named
    return _add(claim, PartyKind.NOTIFIER, notice, actor)


def has_part(notice: Notice) -> bool:
    """Whether its sender is more than who told of it, in any claim."""
    return any(one.party.kind is not PartyKind.NOTIFIER for one in notice.matches)


def tell(notice: Notice) -> None:
    """What its sender reads once they have a part in a claim: that it goes on, and how. In the present transaction."""
    if notice.state is not NoticeState.MATCHED:
        notice.move_to(NoticeState.MATCHED)
        notice.closed_at, notice.answer = None, ""
    if notice.email:
        mail = NoticeMatched(
            greeting_name=notice.names.split()[0], number=notice.number or "", link=notices.link_to_follow()
        )
        outgoing.queue(mail, to=notice.email, account=None, notice=notice)


def doubt(match: NoticeMatch, notice: Notice) -> Doubt | None:
    """Whom of the claim its sender may be, by a document that stands beside another name."""
    named = _with_document(match.claim, notice)
    if named is None or named.id == match.party_id or _is_alike(named, notice):
        return None
    return Doubt(named, _is_shown(match.claim, named))


def is_doubted(party: ClaimParty) -> bool:
    """Whether somebody gave notice with the document of who collects for this person and another name, and no document
    was accepted yet that says who they are."""
    reader = party.represented_by or party
    if reader.identity is None:
        return False
    query = (
        select(Notice)
        .join(NoticeMatch, NoticeMatch.notice_id == Notice.id)
        .where(NoticeMatch.claim_id == party.claim_id, NoticeMatch.party_id != reader.id)
        .where(names_person(Notice, reader.identity))
    )
    has_other_name = any(not _is_alike(reader, one) for one in db.session.scalars(query))
    return has_other_name and not any(_is_shown(party.claim, one) for one in (reader, party))


def choices(match: NoticeMatch, notice: Notice) -> list[Choice]:
    """What the sender may be found to be in this claim."""
    claim = match.claim
    found = []
    for one in parties.entitled(claim):
        is_free = one.identity is None or one.id == match.party_id or one.identity == notice.identity
        if parties.is_young(one):
            found.append(Choice(f"{_ACTS}:{one.id}", f"Representa a {one.full_name}, menor de edad"))
        elif is_free:
            found.append(Choice(f"{_IS}:{one.id}", f"Es {one.full_name}: {PARTY_NAMES[one.kind].lower()}"))
    coverage = terms.coverage_of(claim)
    if coverage is not None and coverage.paid_to is Payee.BENEFICIARIES and not _has_named(claim):
        found.append(Choice(HEIR, "Es heredero: nadie fue nombrado"))
    if coverage is not None and coverage.paid_to is Payee.SPENDER:
        found.append(Choice(SPENDER, "Pagó los gastos"))
    return [*found, Choice(NOTIFIER, "Solo dio el aviso")]


def chosen(match: NoticeMatch) -> str:
    """Which of the choices holds now."""
    party = match.party
    if party.kind is PartyKind.REPRESENTATIVE:
        minor = next((one for one in match.claim.parties if one.represented_by_id == party.id), None)
        return f"{_ACTS}:{minor.id}" if minor else NOTIFIER
    plain = {PartyKind.HEIR: HEIR, PartyKind.SPENDER: SPENDER, PartyKind.NOTIFIER: NOTIFIER}
    return plain.get(party.kind, f"{_IS}:{party.id}")


def choose(match_id: int, value: str, actor: Actor) -> None:
    """Say what the sender is in the claim; who may was asked before. With the first part that they have they are told.
    Said again, nothing happens. Raises DomainError on `persona`, for somebody of another name too whose document was
    not accepted; NotAllowed once the claim is answered."""
    with writing() as session:
        match = session.get_one(NoticeMatch, match_id)
        notice = session.get_one(Notice, match.notice_id, with_for_update=NOT_THE_KEY)
        claim = rows.hold(match.claim_id)
        session.refresh(match)
        if value not in {one.value for one in choices(match, notice)}:
            raise DomainError("Elija quién es.", "persona")
        if value == chosen(match):
            return
        if claim.state not in papers.TAKING:
            raise NotAllowed("Este siniestro ya tiene respuesta: no cambia quién es quién.")
        before = match.party
        match.party = _found(claim, notice, value, actor)
        session.flush()
        _let_go(claim, before, notice)
        papers.place(claim)
        papers.reckon(claim, actor)
        if match.party.kind is not PartyKind.NOTIFIER and before.kind is PartyKind.NOTIFIER:
            tell(notice)
        elif notice.state is NoticeState.MATCHED and not has_part(notice):
            notice.move_to(NoticeState.NEW)
        audit.record(actor, "notice.party", notice.number or "", claim=claim.number, kind=match.party.kind.value)


def _found(claim: Claim, notice: Notice, value: str, actor: Actor) -> ClaimParty:
    kind, _, party_id = value.partition(":")
    if kind == _IS:
        return _named(claim, _of(claim, party_id), notice)
    if kind == _ACTS:
        return _representative(claim, _of(claim, party_id), notice, actor)
    if kind == SPENDER:
        return _spender(claim, notice, actor)
    return _add(claim, PartyKind.HEIR if kind == HEIR else PartyKind.NOTIFIER, notice, actor)


def _named(claim: Claim, party: ClaimParty, notice: Notice) -> ClaimParty:
    """Somebody whom the policy names, once their name or a document of theirs says so."""
    if not _is_alike(party, notice) and not _is_shown(claim, party):
        raise DomainError("El nombre es otro. Antes acepte el documento de identidad de esa persona.", "persona")
    if party.identity is None:
        _name(party, notice)
    else:
        _reach(party, notice)
    return party


def _with_document(claim: Claim, notice: Notice) -> ClaimParty | None:
    """Who of the claim has the document that the sender typed; nobody who only told of it."""
    known = (one for one in claim.parties if one.kind is not PartyKind.NOTIFIER and one.identity is not None)
    return next((one for one in known if one.identity == notice.identity), None)


def _is_alike(party: ClaimParty, notice: Notice) -> bool:
    return alike((notice.names, notice.surnames), (party.names, party.surnames))


def _is_shown(claim: Claim, party: ClaimParty) -> bool:
    """Whether a document that says who they are was accepted: their own, or that of whom the claim is about."""
    whose = {party.id} | ({None} if party.kind is PartyKind.INSURED else set())
    accepted = [one for one in claim.papers if one.party_id in whose and one.state is PaperState.ACCEPTED]
    return any(papers.document_of(one).is_identity for one in accepted)


def _representative(claim: Claim, minor: ClaimParty, notice: Notice, actor: Actor) -> ClaimParty:
    """Who acts for the minor: the one that the policy names, who is known now, or somebody more."""
    if any(one.ground and one.identity == notice.identity for one in claim.parties):
        raise DomainError("Esta persona perdió su parte: no cobra tampoco por un menor.", "persona")
    named = minor.represented_by
    if named is not None and named.identity is None:
        _name(named, notice)
        return named
    party = _add(claim, PartyKind.REPRESENTATIVE, notice, actor)
    if named is not None:
        acting.forget_way(minor)  # it was the other's account
    minor.represented_by = party
    return party


def _spender(claim: Claim, notice: Notice, actor: Actor) -> ClaimParty:
    """Who paid: in the place of the holder, who was taken for it while nobody had said."""
    for party in claim.parties:
        if party.kind is PartyKind.SPENDER and _is_untouched(claim, party):
            _name(party, notice)
            party.birth_date = party.account_id = None
            return party
    return _add(claim, PartyKind.SPENDER, notice, actor)


def _add(claim: Claim, kind: PartyKind, notice: Notice, actor: Actor) -> ClaimParty:
    for party in claim.parties:
        if party.kind is kind and party.identity == notice.identity:
            party.excluded_at, party.ground = None, ""
            _reach(party, notice)
            return party
    return parties.add(
        claim,
        kind,
        actor,
        names=notice.names,
        surnames=notice.surnames,
        identity=notice.identity,
        relation=notice.relation,
        email=notice.email,
        phone=notice.phone,
    )


def _name(party: ClaimParty, notice: Notice) -> None:
    """Their document shows who they are."""
    party.names, party.surnames, party.relation = notice.names, notice.surnames, party.relation or notice.relation
    party.country, party.document_type = notice.country, notice.document_type
    party.document_number = notice.document_number
    party.email, party.phone = notice.email, notice.phone


def _reach(party: ClaimParty, notice: Notice) -> None:
    """Where nobody knew how. Whoever types somebody's document could else turn their mails to another mailbox."""
    party.email, party.phone = party.email or notice.email, party.phone or notice.phone


def _let_go(claim: Claim, party: ClaimParty, notice: Notice) -> None:
    """Who was taken for an heir by mistake is none; the history keeps that they were. Who was taken for somebody named
    leaves neither their mailbox there nor where the money goes."""
    if party.kind is PartyKind.HEIR and _is_untouched(claim, party):
        party.excluded_at, party.ground = clock.now(), "Se puso como heredero por error."
    if party.kind is PartyKind.BENEFICIARY and notice.email and party.email == notice.email:
        party.email = party.phone = ""
        party.way = party.cci = party.agency_code = party.way_chosen_at = None


def _is_untouched(claim: Claim, party: ClaimParty) -> bool:
    return party.way is None and all(one.state is PaperState.PENDING for one in papers.of_party(claim, party))


def _has_named(claim: Claim) -> bool:
    return any(one.kind is PartyKind.BENEFICIARY for one in parties.entitled(claim))


def _of(claim: Claim, party_id: str) -> ClaimParty:
    for party in claim.parties:
        if str(party.id) == party_id:
            return party
    raise NotFound
