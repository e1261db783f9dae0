"""Who the sender of a notice is in a claim: as the policy says by their document, or as the desk finds."""

from dataclasses import dataclass

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.catalogue import Payee
from portal.domain.claim import PARTY_NAMES, PaperState, PartyKind
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.models import Claim, ClaimParty, Notice, NoticeMatch
from portal.models.transaction import writing
from portal.services.claims import claim as rows
from portal.services.claims import coverage as terms
from portal.services.claims import papers, parties
from portal.services.platform import audit

_IS, _ACTS = "es", "representa"
HEIR, SPENDER, NOTIFIER = "heredero", "gasto", "avisa"


@dataclass(frozen=True, slots=True)
class Choice:
    """What the desk may say that the sender is; `value` stands in the form."""

    value: str
    label: str


def of_sender(claim: Claim, notice: Notice, actor: Actor) -> ClaimParty:
    """The person of the claim that the sender is by their document, with how to reach them; else somebody who only told
    of it. In the present transaction."""
    named = next((one for one in claim.parties if one.identity is not None and one.identity == notice.identity), None)
    if named is not None:
        _reach(named, notice)
        return named
    return _add(claim, PartyKind.NOTIFIER, notice, actor)


def choices(match: NoticeMatch) -> list[Choice]:
    """What the sender may be found to be in this claim."""
    claim = match.claim
    found = []
    for one in parties.paid(claim):
        is_free = one.identity is None or one.id == match.party_id
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
    """Say what the sender is in the claim; who may was asked before. Said again, nothing happens. Raises DomainError on
    `persona`, NotAllowed once the claim is answered."""
    with writing() as session:
        match = session.get_one(NoticeMatch, match_id)
        claim = rows.hold(match.claim_id)
        notice = session.get_one(Notice, match.notice_id)
        session.refresh(match)
        if value not in {one.value for one in choices(match)}:
            raise DomainError("Elija quién es.", "persona")
        if value == chosen(match):
            return
        if claim.state not in papers.TAKING:
            raise NotAllowed("Este siniestro ya tiene respuesta: no cambia quién es quién.")
        before = match.party
        match.party = _found(claim, notice, value, actor)
        session.flush()
        _let_go(claim, before)
        papers.place(claim)
        papers.reckon(claim, actor)
        audit.record(actor, "notice.party", notice.number or "", claim=claim.number, kind=match.party.kind.value)


def _found(claim: Claim, notice: Notice, value: str, actor: Actor) -> ClaimParty:
    kind, _, party_id = value.partition(":")
    if kind == _IS:
        party = _of(claim, party_id)
        _name(party, notice)
        return party
    if kind == _ACTS:
        return _representative(claim, _of(claim, party_id), notice, actor)
    if kind == SPENDER:
        return _spender(claim, notice, actor)
    return _add(claim, PartyKind.HEIR if kind == HEIR else PartyKind.NOTIFIER, notice, actor)


def _representative(claim: Claim, minor: ClaimParty, notice: Notice, actor: Actor) -> ClaimParty:
    """Who acts for the minor: the one that the policy names, who is known now, or somebody more."""
    if any(one.ground and one.identity == notice.identity for one in claim.parties):
        raise DomainError("Esta persona perdió su parte: no cobra tampoco por un menor.", "persona")
    named = minor.represented_by
    if named is not None and named.identity is None:
        _name(named, notice)
        return named
    party = _add(claim, PartyKind.REPRESENTATIVE, notice, actor)
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


def _let_go(claim: Claim, party: ClaimParty) -> None:
    """Who was taken for an heir by mistake is none; the history keeps that they were."""
    if party.kind is PartyKind.HEIR and _is_untouched(claim, party):
        party.excluded_at, party.ground = clock.now(), "Se puso como heredero por error."


def _is_untouched(claim: Claim, party: ClaimParty) -> bool:
    return party.way is None and all(one.state is PaperState.PENDING for one in papers.of_party(claim, party))


def _has_named(claim: Claim) -> bool:
    return any(one.kind is PartyKind.BENEFICIARY for one in parties.paid(claim))


def _of(claim: Claim, party_id: str) -> ClaimParty:
    for party in claim.parties:
        if str(party.id) == party_id:
            return party
    raise NotFound
