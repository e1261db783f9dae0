"""A claim, its papers, its people and what it leads to: kinds and states, with their words. Sources:
docs/rules.md, Claims; docs/rules.md, States."""

from enum import StrEnum

from portal.domain.states import State, Tone


class ClaimState(State):
    """DRAFT: being filled in by who will register it; it has no number and nobody else sees it."""

    DRAFT = "draft", "Sin enviar"
    DISCARDED = "discarded", "Descartado"
    REGISTERED = "registered", "Registrado", Tone.INFO
    ASSESSED = "assessed", "En evaluación", Tone.INFO
    OBSERVED = "observed", "Observado", Tone.WARN
    APPROVED = "approved", "Aprobado", Tone.OK
    PAID = "paid", "Pagado", Tone.OK
    REJECTED = "rejected", "Rechazado", Tone.BAD
    WITHDRAWN = "withdrawn", "Retirado"


CLAIM_TRANSITIONS = {
    ClaimState.DRAFT: frozenset({ClaimState.REGISTERED, ClaimState.DISCARDED}),
    ClaimState.REGISTERED: frozenset(
        {ClaimState.ASSESSED, ClaimState.OBSERVED, ClaimState.REJECTED, ClaimState.WITHDRAWN}
    ),
    ClaimState.ASSESSED: frozenset(
        {ClaimState.OBSERVED, ClaimState.APPROVED, ClaimState.REJECTED, ClaimState.WITHDRAWN}
    ),
    ClaimState.OBSERVED: frozenset(
        {ClaimState.ASSESSED, ClaimState.REGISTERED, ClaimState.REJECTED, ClaimState.WITHDRAWN}
    ),
    ClaimState.APPROVED: frozenset({ClaimState.PAID}),
}

# Sent, and not ended: a policy is not changed meanwhile, and the desk counts it.
OPEN_CLAIMS = (ClaimState.REGISTERED, ClaimState.ASSESSED, ClaimState.OBSERVED, ClaimState.APPROVED)
STANDING_CLAIMS = (*OPEN_CLAIMS, ClaimState.PAID)  # what was refused or withdrawn can be told anew


class PaperState(State):
    """Of a document that a claim asks for, and of evidence."""

    PENDING = "pending", "Falta"
    RECEIVED = "received", "Recibido", Tone.INFO
    ACCEPTED = "accepted", "Aceptado", Tone.OK
    OBSERVED = "observed", "Observado", Tone.WARN


PAPER_TRANSITIONS = {
    PaperState.PENDING: frozenset({PaperState.RECEIVED}),
    PaperState.RECEIVED: frozenset({PaperState.PENDING, PaperState.ACCEPTED, PaperState.OBSERVED}),
    PaperState.OBSERVED: frozenset({PaperState.RECEIVED}),
}


class Cause(StrEnum):
    """What led to the event, as far as who tells it knows."""

    ACCIDENT = "accidente"
    ILLNESS = "enfermedad"
    UNKNOWN = "no_se"


class PartyKind(StrEnum):
    """What somebody is in a claim."""

    INSURED = "insured"
    BENEFICIARY = "beneficiary"
    SPENDER = "spender"
    HEIR = "heir"
    REPRESENTATIVE = "representative"
    NOTIFIER = "notifier"  # only told of it


PARTY_NAMES = {
    PartyKind.INSURED: "Persona asegurada",
    PartyKind.BENEFICIARY: "Beneficiario",
    PartyKind.SPENDER: "Pagó los gastos",
    PartyKind.HEIR: "Heredero legal",
    PartyKind.REPRESENTATIVE: "Representa a un menor",
    PartyKind.NOTIFIER: "Dio el aviso",
}


class PayoutWay(StrEnum):
    """How a person wants to be paid."""

    ACCOUNT = "cuenta"
    AGENCY = "agencia"


class Outcome(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"


class ClaimEventKind(StrEnum):
    """What happened in a claim, in the order of its days: the timeline, the clock and the desk's history read these."""

    REGISTERED = "registered"
    MATCHED = "matched"  # a notice was found to be about this policy
    PARTY_ADDED = "party_added"
    PARTY_EXCLUDED = "party_excluded"
    ACTS_NO_MORE = "acts_no_more"  # who acted for a minor
    PAPER_RECEIVED = "paper_received"
    PAPER_ACCEPTED = "paper_accepted"
    PAPER_OBSERVED = "paper_observed"
    PAPER_ASKED = "paper_asked"  # a paper that only some cases need is needed in this one
    PAPER_SPARED = "paper_spared"  # and is not, after all
    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    PROPOSED = "proposed"
    RETURNED = "returned"
    APPROVED = "approved"
    REJECTED = "rejected"
    LIVES = "lives"  # of whom a death was told: the answer says so, confirmed by two
    PAYMENT_REFUSED = "payment_refused"
    PAYMENT_MADE = "payment_made"
    PAID_TWICE = "paid_twice"  # the bank made a payment that had ended, and another had paid the same
    PAID = "paid"
    WITHDRAWN = "withdrawn"
    PART_WITHDRAWN = "part_withdrawn"  # one of several who would be paid took theirs back
    PART_RESUMED = "part_resumed"
    APPEALED = "appealed"
    APPEAL_ANSWERED = "appeal_answered"
    WARNED = "warned"  # the desk was, that its clock comes to an end
    REOPENED = "reopened"  # another claim names this one


class TaskKind(StrEnum):
    """What MASSIV must do about a claim until a moment of its own."""

    TELL_BENEFICIARIES = "tell_beneficiaries"


class EventKind(StrEnum):
    """What a notice says has happened."""

    DEATH = "fallecimiento"
    ACCIDENT = "accidente"


EVENT_NAMES = {EventKind.DEATH: "Falleció", EventKind.ACCIDENT: "Tuvo un accidente, o está en el hospital"}


class NoticeState(State):
    """As its sender reads it. DRAFT: their mail code was not passed yet. MATCHED: they have a part in a claim. Who only
    told of it reads NEW until they are answered, and then CLOSED, whether or not there is a claim."""

    DRAFT = "draft", "Sin confirmar"
    NEW = "new", "Recibido", Tone.INFO
    MATCHED = "matched", "En trámite", Tone.INFO
    CLOSED = "closed", "Cerrado"


NOTICE_TRANSITIONS = {
    NoticeState.DRAFT: frozenset({NoticeState.NEW}),
    NoticeState.NEW: frozenset({NoticeState.MATCHED, NoticeState.CLOSED}),
    NoticeState.MATCHED: frozenset({NoticeState.NEW}),
    NoticeState.CLOSED: frozenset({NoticeState.MATCHED}),
}


class AppealState(State):
    """ "Pedir que se revise": a number and a clock of its own."""

    OPEN = "open", "En revisión", Tone.INFO
    UPHELD = "upheld", "Aceptado", Tone.OK  # the claim is looked at again, as another one that names the first
    DISMISSED = "dismissed", "No aceptado", Tone.BAD


APPEAL_TRANSITIONS = {AppealState.OPEN: frozenset({AppealState.UPHELD, AppealState.DISMISSED})}
