"""Every address of the portal, filled with somebody's own objects, asked for as each kind of visitor."""

from __future__ import annotations

import io
import itertools
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Flask, session
from flask_wtf.csrf import generate_csrf
from sqlalchemy import func, select
from werkzeug.routing import Rule

from portal.blueprints.claims.flow import FLOW as FILING
from portal.blueprints.purchase.flow import FLOW
from portal.blueprints.servicing.naming import BeneficiariesFlow
from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.calendar import noon
from portal.domain.claim import Cause, EventKind
from portal.domain.evidence import EvidenceKind
from portal.domain.notice import Event
from portal.domain.receipt import ReversalReason
from portal.extensions import db
from portal.models import (
    ClaimAward,
    ClaimParty,
    Document,
    Evidence,
    Message,
    NoticeMatch,
    NoticeVisit,
    OutboxRow,
    Policy,
    Refund,
    StoredFile,
    UserSession,
)
from portal.models.messages import message_documents
from portal.models.transaction import writing
from portal.services.authentication import recovery, sessions
from portal.services.claims import (
    appeals,
    assessment,
    attachments,
    drafts,
    filing,
    following,
    matching,
    notice_desk,
    papers,
    sight,
    taking,
    telling,
)
from portal.services.claims import claim as claims
from portal.services.claims import claimant as claimants
from portal.services.claims.matching import Pick
from portal.services.desk import assisted_claims, cash_desk, person_correction, search
from portal.services.desk.person_correction import Said
from portal.services.documents import kinds
from portal.services.evidence import collecting, review, uploads
from portal.services.messaging import outgoing
from portal.services.payments import receipts, reversals, slips
from portal.services.platform import encryption
from portal.services.policies import policy as policies
from portal.services.sale import purchasing
from portal.web.access import Who, rule_of
from tests.client import PageClient
from tests.copies import copied
from tests.decoder.strangers import drawing, encoded
from tests.factories import ACCIDENT, AGENCY, CANCER, FUNERAL, HOSPITAL, Factories, Someone, Stage, beneficiary
from tests.factories.people import numbers
from tests.factories.sales import Slip

_PHOTO = encoded(drawing(), "PNG")
BEFORE_SECOND_STEP = "collaborator before the second step"
BROWSER = "b" * 43  # the mark of the browser where somebody follows a notice

# Somebody of the staff looks at a face or at health data: docs/rules.md, Access, 5.3.
RECORDED = {
    "policies.pdf",  # the first time it proves that its holder has it
    "messages.attachment",  # where it carries the policy
    "customers.contracting_file_pdf",
    "customers.policy_pdf",
    "customers.mail",
    "customers.mail_as_sent",
    "assessing.file",
    "assessing.thumbnail",
    "notices.file",  # by somebody of the staff with the address and the browser of a claimant's visit
    "notices.thumbnail",
    *(f"assisted_claims.{what}" for what in ("draft_file", "draft_thumbnail", "file", "thumbnail")),
    *(f"evidence.{way}_{what}" for way in ("assisted", "review") for what in ("file", "thumbnail")),
}

# Names of an address's parts that stand for somebody's own object.
OWNED = {"public_id", "number", "refund_number", "message_id", "document_id", "session_id", "receipt"}


@dataclass(frozen=True)
class World:
    """A customer who has one of everything, and the others who knock at the door."""

    owner: Someone
    visitors: dict[str, Someone | None]
    parts: dict[str, dict[str, Any]]
    steps: dict[str, set[str]]  # that each purchase has

    def addresses(self, app: Flask, rule: Rule) -> list[str]:
        """The rule's address with the owner's objects in it; several where a part makes another page of it."""
        known = ("any", rule.endpoint.partition(".")[0], rule.endpoint)
        parts = {name: value for key in known for name, value in self.parts.get(key, {}).items()}
        missing = rule.arguments - parts.keys()
        assert not missing, f"{rule.rule}: tests/guards/endpoints.py has no {missing} for it"
        choices = [parts[name] if isinstance(parts[name], tuple) else (parts[name],) for name in rule.arguments]
        filled = [dict(zip(rule.arguments, chosen, strict=True)) for chosen in itertools.product(*choices)]
        if rule.arguments == {"public_id", "slug"}:
            filled = [one for one in filled if one["slug"] in self.steps[one["public_id"]]]
        with app.test_request_context():
            return [app.url_for(rule.endpoint, **one) for one in filled]

    def address(self, app: Flask, rule: Rule) -> str:
        """The first of them."""
        return self.addresses(app, rule)[0]


def _renewable(app: Flask, make: Factories, owner: Someone) -> str:
    """The number of a policy that ends in ten days."""
    number = make.policy(owner)
    with app.app_context(), writing() as session:
        policy = session.scalars(select(Policy).where(Policy.number == number)).one()
        policy.starts_at, policy.ends_at = (noon(clock.today() + timedelta(days=days)) for days in (-355, 10))
    return number


def build(app: Flask, make: Factories) -> World:
    """One of everything for the owner, and one visitor of each kind: a copy of what was made in these minutes, where
    there is one, in place of all that the database holds."""
    return copied(app, lambda: _build(app, make))


def _build(app: Flask, make: Factories) -> World:
    owner = make.customer()
    policy = make.policy(owner)
    make.contracting_file(policy, agency=AGENCY)
    make.family_card(owner, policy)
    with app.app_context():
        # The very mail of the policy, since it is the one with a document.
        message = db.session.scalars(select(Message).where(Message.kind == "policy")).one()
        document_id = db.session.scalars(select(message_documents.c.document_id)).one()
        token = db.session.scalars(select(Policy.verification_token)).one()
        job_id = db.session.scalars(select(func.min(OutboxRow.id))).one()
        its_job = select(OutboxRow.id).where(OutboxRow.dedupe_key == outgoing.job_key(message))
        mail_job_id = db.session.scalars(its_job).one()
    staff = {"collaborator": make.collaborator(), "supervisor": make.supervisor(agency_code=AGENCY)}
    visit_token = _visit(app, make)
    taken = _taken_notice(app, make, staff["supervisor"])
    sent = _sent_without_account(app, make, taken)
    cash = _cash(app, make, owner, staff)
    ended, asked_to_end = make.policy(owner), make.policy(owner)
    make.ended(ended, owner)
    make.end_asked(asked_to_end, owner)
    refused = make.refund_refused(owner)
    renaming, renamed = make.policy(owner), make.policy(owner, named=[beneficiary()])
    make.renaming_begun(renaming, owner, [beneficiary()])
    make.renamed(renamed, owner, [beneficiary("Luz")])
    renewable = _renewable(app, make, owner)
    lowering, changed = make.policy(owner), make.policy(owner)
    for one in (lowering, changed):
        make.in_force(one)
    make.plan_asked(lowering, owner)
    make.plan_lowered(changed, owner)
    steps = _purchases(app, make, owner)
    purchases = tuple(steps)
    claim = _claim(app, make, owner)
    steps[claim["public_id"]] = set(claim["slug"])
    parts: dict[str, dict[str, Any]] = {
        "any": {"slug": ACCIDENT, "plan": "plan-2"},
        "purchase": {"public_id": purchases, "slug": tuple(step.slug for step in FLOW.steps)},
        "quotes": {"number": make.printed_quote(owner)},
        "servicing": {
            "number": (policy, cash["cancelled"], ended, asked_to_end, renaming, renamed, renewable, lowering, changed),
            "refund_number": refused,
            "slug": tuple(step.slug for step in BeneficiariesFlow.steps),
        },
        "servicing.plan_changed": {"number": changed, "endorsement": 1},
        "policies": {"number": (policy, cash["cancelled"]), "receipt": cash["receipt_number"]},
        "policies.contracting_file_pdf": {"number": policy, "edition": 1},
        "customers.contracting_files": {"number": policy},
        "customers.contracting_file_pdf": {"number": policy, "edition": 1},
        "customers.policy_pdf": {"number": policy},
        **{f"customers.{what}": {"message_id": message.id} for what in ("mail", "mail_as_sent", "send_mail_again")},
        "policies.endorsement_pdf": {"number": cash["cancelled"], "endorsement": 1},
        "claims": claim,
        **{f"claims.{name}": _unsent(app, owner, claim) for name in UNSENT},
        **_evidence(app, owner, policy, staff),
        "messages": {"message_id": message.id, "document_id": document_id},
        "signup": {"token": make.signup()},
        "recovery": {"token": _recovery(app, owner)},
        "notices": {"token": make.notice_draft()},
        "desk_notices": taken,
        **{f"notices.{name}": sent for name in ("send_file", "file", "thumbnail")},
        **{f"notices.{name}": {"token": visit_token} for name in ("visit", "enter", "resend_visit", "close")},
        **_asked(app, make, owner, claim["number"], visit_token),
        "profile": {"session_id": _session_id(app, make, owner), "verb": ("apagar", "encender")},
        "verification": {"token": token},
        "cash": cash,
        "customers": _customers(app, owner, staff),
        **_assisted(app, owner, policy, staff["supervisor"]),
        "assisted_changes": _asked_at_desk(make, owner, staff["supervisor"], renewable),
        **_correction(app, make, staff),
        "staff": {"username": make.collaborator().username},
        **_assessed(app, make, staff),
        "reviewing": {
            "number": make.payment_in_review(make.customer()),
            "payout_number": make.payout_in_review(make.customer()),
            "refund_number": make.refund_in_review(make.customer()),
        },
        "settlements": {
            "difference_id": make.difference(make.payment_in_review(make.customer())),
            "settled_day": (clock.today() - timedelta(days=1)).isoformat(),
        },
        "backlog": {"job_id": job_id},
        "backlog.customer": {"job_id": mail_job_id},
        "rq_dashboard": {"rest": "0/view/jobs"},  # the library's own rules: tests/web/test_rq_dashboard.py
    }
    visitors = {
        "anonymous": None,
        "first login": make.newcomer(),
        "owner": owner,
        "other customer": make.customer(),
        BEFORE_SECOND_STEP: make.recruit(),
        **staff,
    }
    return World(owner, visitors, parts, steps)


def _purchases(app: Flask, make: Factories, owner: Someone) -> dict[str, set[str]]:
    """In cash, which has every page; by charge, up to the last step; bought; and of each other product that has a step
    which those before have not. The steps of each."""
    stages = (Stage.TERMS, Stage.PAID)
    by_charge = [make.purchase(owner, stage, quote=make.quote(owner, insured=make.insured())) for stage in stages]
    steps = {one: _steps(app, owner, one) for one in (make.slip(owner).public_id, *by_charge)}
    for product in (HOSPITAL, FUNERAL, CANCER):
        other = make.purchase(owner, quote=make.quote(owner, product, insured=make.insured()), product=product)
        own = _steps(app, owner, other)
        if not own <= set().union(*steps.values()):
            steps[other] = own
    return steps


def _steps(app: Flask, owner: Someone, public_id: str) -> set[str]:
    with app.app_context():
        purchase = purchasing.get(public_id, owner.actor)
        return {step.slug for step in FLOW.steps if step.is_applicable(purchase)}


def _recovery(app: Flask, owner: Someone) -> str:
    with app.app_context():
        return recovery.ask(owner.identity, Actor())


def _visit(app: Flask, make: Factories) -> str:
    """A notice that is open in the browsers of these tests."""
    return make.notice_visit(make.notice(), browser=BROWSER)


def _taken_notice(app: Flask, make: Factories, member: Someone) -> dict[str, Any]:
    """A notice of a death, matched, and who is to be told of it."""
    insured, daughter = make.customer(), beneficiary("Nilda")
    policy = make.policy(insured, product=ACCIDENT, named=[daughter])
    told = Event(EventKind.DEATH, insured.identity, "", clock.today(), "Se cayó.")
    number = make.notice(told, make.sender(identity=daughter.identity))
    with app.app_context():
        notice_desk.take(number, member.actor)
        (claim,) = matching.match(number, [Pick(policy, "muerte-accidental")], clock.today(), member.actor)
        party = telling.get(claim, member.actor).people[0].id
        match_id = notice_desk.get(number).matches[0].id
    unknown = make.notice()
    with app.app_context():
        notice_desk.take(unknown, member.actor)
        notice_desk.close(unknown, member.actor)
    return {"number": number, "claim_number": claim, "party_id": party, "match_id": match_id}


def _sent_without_account(app: Flask, make: Factories, taken: dict[str, Any]) -> dict[str, Any]:
    """The claim of that notice, open in the browsers of these tests, with a paper that its sender sent."""
    token = make.notice_visit(taken["number"], browser=BROWSER)
    with app.app_context():
        _, match = following.open_claim(token, taken["claim_number"], Actor(browser=BROWSER))
        claimant = claimants.of(match, Actor())
        paper_id = claimants.attachments(claimant)[0].paper.id
        file_id = claimants.send(claimant, paper_id, io.BytesIO(_PHOTO)).id
    return {"token": token, "claim_number": taken["claim_number"], "paper_id": paper_id, "file_id": file_id}


def _asked(app: Flask, make: Factories, owner: Someone, claim: str, visit_token: str) -> dict[str, dict[str, Any]]:
    """Two claims of the owner's that were rejected and one whose money waits at an agency, of the policy of `claim`.
    One review waits for its answer, the other has it. The open notice turned out to be about all three."""
    with app.app_context():
        policy = claims.get(claim, owner.actor).policy.number
    rejected = [make.claim(owner, complete=True, policy=policy) for _ in range(2)]
    for number in rejected:
        make.reject(number)
    asked, answered = (make.appeal(number, owner) for number in rejected)
    make.payout(owner, policy=policy)
    reviewer = make.supervisor()
    with app.app_context():
        appeals.answer(answered, "Lo leímos otra vez.", reviewer.actor, upheld=False)
        letter = db.session.scalars(select(Document.id).where(Document.kind == kinds.APPEAL_LETTER.code)).one()
    with app.app_context(), writing() as session:
        newest = select(ClaimParty).where(ClaimParty.account_id == owner.account_id).order_by(ClaimParty.id.desc())
        people = session.scalars(newest.limit(3)).all()
        notice_id = session.scalars(select(NoticeVisit.notice_id).where(NoticeVisit.token == visit_token)).one()
        for party in people:
            match = NoticeMatch(notice_id=notice_id, party_id=party.id, matched_by_id=owner.account_id)
            match.claim_id = party.claim_id
            session.add(match)
        paid, of_answered, of_asked = (
            {"token": visit_token, "claim_number": one.claim.number, "party_id": one.id} for one in people
        )
        numbers = (paid["claim_number"], *rejected)
        return {
            "payees": {**paid, "number": numbers[0]},
            "claim_reviews": {**of_asked, "number": numbers, "appeal_number": (asked, answered)},
            "claim_reviews.letter": {"appeal_number": answered},
            "claims.show": {"number": (*numbers, claim)},
            "claims.letter": {"number": rejected[1], "letter_id": letter},
            "notices.claim": {"token": visit_token, "claim_number": numbers},
            "notices.letter": {**of_answered, "letter_id": letter},
        }


def _session_id(app: Flask, make: Factories, owner: Someone) -> int:
    token_hash = sessions.hash_of(make.session(owner))
    with app.app_context():
        return db.session.scalars(select(UserSession.id).where(UserSession.token_hash == token_hash)).one()


def _cash(app: Flask, make: Factories, owner: Someone, staff: dict[str, Someone]) -> dict[str, Any]:
    """Slips that each of the staff has searched for, a receipt to reverse, one reversed, and money to give back."""

    def slip() -> Any:
        return make.slip(owner, quote=make.quote(owner, HOSPITAL, insured=make.insured()), product=HOSPITAL)

    waiting, paid, mistaken, late, given = (slip() for _ in range(5))
    cashier = make.collaborator().actor
    actors = {name: member.actor for name, member in staff.items()}
    with app.app_context():
        for actor in actors.values():
            cash_desk.find_by_code(waiting.code, actor)
        receipt, undone = (receipts.receive(one.number, one.amount, cashier) for one in (paid, mistaken))
        reversals.reverse(undone, ReversalReason.NO_MONEY, "No lo trajo.", actors["supervisor"])
        cancelled = db.session.scalars(select(Policy.number).where(Policy.cancelled_at.is_not(None))).one()
        kept = [money_to_return(one, actors["collaborator"]) for one in (late, given)]
        due = tuple(db.session.scalars(select(Refund.number).order_by(Refund.id)))
    make.hand_over(due[-1], staff["collaborator"])
    return {
        "number": (waiting.number, paid.number, late.number),
        "receipt_number": (receipt, undone, *kept),
        "kind": "devoluciones",
        "money_number": due,
        "cancelled": cancelled,
    }


def money_to_return(slip: Slip, cashier: Actor) -> str:
    """The slip is cancelled, and its money taken all the same. The receipt's number."""
    with writing():
        slips.cancel(receipts.slip(slip.number))
    return receipts.receive_to_return(slip.number, slip.amount, cashier)


def _customers(app: Flask, owner: Someone, staff: dict[str, Someone]) -> dict[str, Any]:
    """The owner, for whom each of the staff has searched."""
    with app.app_context():
        for member in staff.values():
            search.find(owner.identity.number, member.actor)
        typed = encryption.seal(owner.surname).decode()
    return {"account_id": owner.account_id, "name": ("pagos", "polizas", "cotizaciones", "correos"), "typed": typed}


def send_page(app: Flask, someone: Someone, number: str) -> None:
    """Another page of somebody's signed policy, like no other."""
    page = encoded(drawing((64 + next(numbers), 64)), "PNG")
    with app.app_context():
        policy = policies.get(number, someone.actor)
        collecting.send(policy, EvidenceKind.SIGNED_POLICY, io.BytesIO(page), someone.actor)


def _evidence(app: Flask, owner: Someone, number: str, staff: dict[str, Someone]) -> dict[str, Any]:
    """A page of the signed policy, which a supervisor has opened for review, and a photo that a clerk took."""

    def sent(kind: EvidenceKind, sender: Someone) -> int:
        policy = policies.get(number, owner.actor)
        collecting.send(policy, kind, io.BytesIO(_PHOTO), sender.actor)
        return db.session.scalars(select(func.max(StoredFile.id))).one()

    with app.app_context():
        own, taken = sent(EvidenceKind.SIGNED_POLICY, owner), sent(EvidenceKind.PERSON, staff["collaborator"])
        evidence_id = db.session.scalars(select(Evidence.id).where(Evidence.kind == EvidenceKind.SIGNED_POLICY)).one()
        review.look(evidence_id, staff["supervisor"].actor)
    of_policy = {"number": number, "kind": tuple(EvidenceKind)}
    assisted = {**of_policy, "account_id": owner.account_id, "file_id": taken}
    reviewed = {"evidence_id": evidence_id, "file_id": own}
    return {
        "evidence": {**of_policy, "file_id": own},
        **{f"evidence.assisted_{what}": assisted for what in ("index", "send", "take_back", "file", "thumbnail")},
        **{f"evidence.review_{what}": reviewed for what in ("look", "show", "decide", "file", "thumbnail")},
    }


UNSENT = ("send_draft_file", "draft_file", "draft_thumbnail", "remove_draft_file")


def _claim(app: Flask, make: Factories, owner: Someone) -> dict[str, Any]:
    """One that is registered and has a file, and one that is not; the address of its steps."""
    number = make.claim(owner, complete=True)
    draft = make.claim_draft(owner)
    with app.app_context():
        claim = claims.get(number, owner.actor)
        paper_id = claim.papers[0].id
        file_id = attachments.send(paper_id, claim, _drawn(), owner.actor).id
    slugs = tuple(step.slug for step in FILING.steps)
    return {"number": number, "public_id": draft, "slug": slugs, "paper_id": paper_id, "file_id": file_id}


def _unsent(app: Flask, owner: Someone, claim: dict[str, Any]) -> dict[str, Any]:
    """A paper of the one that is not registered, with its file."""
    with app.app_context():
        draft = drafts.get(claim["public_id"], owner.actor)
        paper_id = draft.papers[0].id
        file_id = attachments.send(paper_id, draft, _drawn(), owner.actor).id
    return {"paper_id": paper_id, "file_id": file_id}


def _assisted(app: Flask, owner: Someone, policy: str, clerk: Someone) -> dict[str, Any]:
    """A claim that one of the staff registered for the owner, and one that they still fill in; each with a file."""
    with app.app_context():
        found = []
        for coverage in ("gastos-sepelio", "muerte-accidental"):
            public_id = assisted_claims.choose(owner.account_id, None, policy, coverage, clerk.actor).public_id
            claim = drafts.tell(public_id, clock.today(), Cause.ACCIDENT, "Se cayó.", clerk.actor).claim
            paper_id = claim.papers[0].id
            found.append((public_id, paper_id, attachments.send(paper_id, claim, _drawn(), clerk.actor).id))
        number = filing.register(found[0][0], clerk.actor, agrees=True)
    of_owner = {"account_id": owner.account_id}
    sent, unsent = ({**of_owner, "paper_id": paper_id, "file_id": file_id} for _, paper_id, file_id in found)
    slugs = tuple(step.slug for step in FILING.steps)
    return {
        "assisted_claims": {**sent, "number": number, "public_id": found[1][0], "slug": slugs},
        **{f"assisted_claims.{name}": unsent for name in UNSENT},
    }


def _asked_at_desk(make: Factories, owner: Someone, clerk: Someone, renewable: str) -> dict[str, Any]:
    """Policies of the owner's that one of the staff is changing: its end or another plan is asked for, others are
    named; and one that can be renewed."""
    ending, lowering = (make.policy(owner, quote=make.quote(owner, insured=make.insured())) for _ in range(2))
    renaming = make.policy(owner)
    make.end_asked(ending, owner, by=clerk)
    make.renaming_begun(renaming, owner, [beneficiary()], by=clerk)
    make.in_force(lowering)
    make.plan_asked(lowering, owner, by=clerk)
    slugs = tuple(step.slug for step in BeneficiariesFlow.steps)
    return {"account_id": owner.account_id, "number": (ending, renaming, lowering, renewable), "slug": slugs}


def _drawn() -> io.BytesIO:
    return io.BytesIO(encoded(drawing(), "PNG"))


def _correction(app: Flask, make: Factories, staff: dict[str, Someone]) -> dict[str, Any]:
    """A customer with a policy corrected by an endorsement, and with another correction that waits: the owner's would
    wait for their slips."""
    customer = make.customer()
    make.policy(customer)
    first, second = make.collaborator().actor, make.collaborator().actor
    with app.app_context():
        for actor in (first, second, *(member.actor for member in staff.values())):
            search.find(customer.identity.number, actor)
        for name in ("Rosa", "Rosa María"):
            said = Said(customer.identity, name, "Condori", "", date(1990, 5, 17))
            person_correction.propose(customer.account_id, said, first)
            if name == "Rosa":
                shown = person_correction.get(customer.account_id, second).decision.id
                person_correction.decide(customer.account_id, second, shown=shown, accepted=True)
    return {"corrections": {"account_id": customer.account_id}}


def _assessed(app: Flask, make: Factories, staff: dict[str, Someone]) -> dict[str, Any]:
    """A claim with a document that has its file, which each of the staff who reads it has looked at; and one that was
    answered."""
    owner = make.customer()
    number = make.claim(owner)
    with app.app_context():
        taking.take(number, staff["collaborator"].actor)
        paper = papers.missing(claims.get(number, owner.actor))[0]
        paper_id = paper.id
        photo = io.BytesIO(encoded(drawing(), "PNG"))
        file_id = attachments.send(paper_id, paper.claim, photo, owner.actor).id
        for member in staff.values():
            assessment.get(number, member.actor)
            uploads.thumbnail(sight.file(number, file_id, member.actor), member.actor)
    answered = make.claim(owner, complete=True)
    make.decided(answered, staff["collaborator"], staff["supervisor"])
    with app.app_context():
        award = db.session.scalars(select(ClaimAward).order_by(ClaimAward.id.desc())).first()
        assert award is not None
        party_id = award.party_id
        parts = {"paper_id": paper_id, "party_id": party_id, "file_id": file_id, "verb": ("pedir", "sobra")}
        return {
            "assessing": {"number": (number, answered), **parts},
            "assessing.file": {"number": number},
            "assessing.thumbnail": {"number": number},
            "assessing.letter": {"number": answered, "award_id": award.id},
            "assessing.exclude": {"number": answered},
            "assessing.readmit": {"number": answered},
        }


def rules(app: Flask, method: str) -> list[Rule]:
    """The addresses that take `method`."""
    return [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ())]


def visit(app: Flask, world: World, visitor: str) -> PageClient:
    """A browser of its own, signed in when there is somebody to be, in which the sign-up was typed."""
    client = PageClient(app)
    client.raw.set_cookie("portal-equipo", BROWSER)
    someone = world.visitors[visitor]
    if someone is not None:
        client.sign_in(someone, second_step=visitor != BEFORE_SECOND_STEP)
    with client.raw.session_transaction() as cookie:
        cookie["alta"] = world.parts["signup"]["token"]
        cookie["aviso"] = world.parts["notices"]["token"]
        cookie["busqueda"] = world.parts["customers"]["typed"]
    return client


def rule_for(app: Flask, rule: Rule) -> Who:
    found = rule_of(app, rule.endpoint)
    assert found is not None, rule.endpoint
    return found


def token_of(app: Flask, client: PageClient) -> str:
    """A good token of the client's own session, as its pages carry it."""
    with client.raw.session_transaction() as cookie, app.test_request_context():
        session.update(cookie)
        token: str = generate_csrf()
        cookie.update(session)
    return token
