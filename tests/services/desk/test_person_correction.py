"""A name, a birth date or a document corrected by two at the desk: account, quotes and policies follow."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select

from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.identity import DocumentType, Identity
from portal.domain.policy import EndorsementKind
from portal.models import (
    Account,
    AuditEntry,
    Decision,
    Document,
    Endorsement,
    Message,
    NameWord,
    Person,
    Policy,
    Purchase,
    Quote,
)
from portal.services.controls.conflicts_of_interest import HasPart
from portal.services.desk import person_correction, search
from portal.services.desk.person_correction import Said
from portal.services.documents import kinds
from portal.services.platform.pending import counted
from portal.services.policies import timeline
from portal.services.policies.policy import endorsement, get
from portal.services.printing import rendering
from portal.services.sale import confirming, purchasing
from tests.factories import Stage
from tests.services.at_once import at_once

BORN = date(1990, 5, 17)


@pytest.fixture
def rosa(make):
    return make.customer(names="Rossa", paternal_surname="Codori", maternal_surname="Flores", birth_date=BORN)


@pytest.fixture
def right(rosa):
    """What her document says."""
    return Said(rosa.identity, "Rosa", "Condori", "Flores", BORN)


@pytest.fixture
def members(make, call, rosa):
    """Two of the staff who searched for her."""
    found = make.collaborator(), make.collaborator()
    for member in found:
        call(search.find, rosa.identity.number, member.actor)
    return found


@pytest.fixture
def correct(call, rosa, right, members):
    """Both of them, one after the other."""

    def correct(said: Said = right, *, accepted: bool = True) -> None:
        first, second = members
        call(person_correction.propose, rosa.account_id, said, first.actor)
        shown = call(lambda: person_correction.get(rosa.account_id, second.actor).decision.id)
        call(person_correction.decide, rosa.account_id, second.actor, shown=shown, accepted=accepted)

    return correct


def account_of(rows, someone):
    return rows(select(Account).where(Account.id == someone.account_id))[0]


def test_nothing_changes_until_another_person_confirms(call, rosa, right, members, rows):
    first, second = members
    call(person_correction.propose, rosa.account_id, right, first.actor)
    assert account_of(rows, rosa).person.names == "Rossa"
    with pytest.raises(NotAllowed, match="Lo propuso usted"):
        call(person_correction.decide, rosa.account_id, first.actor, shown=1, accepted=True)
    assert account_of(rows, rosa).person.names == "Rossa"
    with pytest.raises(DomainError, match="Otra persona ya lo propuso"):
        call(person_correction.propose, rosa.account_id, right, second.actor)


def test_account_quote_and_policy_follow_and_the_policy_keeps_what_was_issued(
    app, make, call, rosa, correct, rows, mails, drain, mailbox
):
    number = make.policy(rosa)
    open_quote = make.quote(rosa)
    correct()
    account = account_of(rows, rosa)
    assert account.person.full_name == "Rosa Condori Flores"
    words = select(NameWord.word).where(NameWord.account_id == rosa.account_id).order_by(NameWord.word)
    assert rows(words) == ["condori", "flores", "rosa"]
    (quote,) = rows(select(Quote).where(Quote.number == open_quote))
    assert (quote.holder.full_name, quote.insured.full_name) == ("Rosa Condori Flores",) * 2
    (policy,) = rows(select(Policy))
    assert (policy.holder.full_name, policy.insured.full_name) == ("Rosa Condori Flores",) * 2
    issue, corrected = policy.endorsements
    assert (corrected.number, corrected.kind) == (1, EndorsementKind.CORRECTION)
    with app.app_context():
        then = rendering.contents_of(kinds.POLICY, get(number, rosa.actor).issue)
        assert then.words["holder"].full_name == then.words["insured"].full_name == "Rossa Codori Flores"
        said = rendering.contents_of(kinds.ENDORSEMENT, endorsement(number, 1, rosa.actor))
        assert [(one.before, one.after) for one in said.words["changes"]] == [
            ("Rossa Codori Flores", "Rosa Condori Flores")
        ]
        assert "Se corrigen los datos de una persona" in rendering.html_of(kinds.ENDORSEMENT, said)
        story = [event.words for event in timeline.of_policy(get(number, rosa.actor), rosa.actor)]
    assert "Sus datos se corrigieron, con su documento a la vista: endoso 1" in story
    assert (corrected.plan_code, corrected.premium_total) == (issue.plan_code, issue.premium_total)
    (mail,) = mails("data_corrected")
    assert mail.recipient == rosa.email
    assert "Decía: Rossa Codori Flores" in mail.text_body
    drain()
    (sent,) = [one for one in mailbox.store.mails() if one.header("Subject") == "Corregimos sus datos en MASSIV"]
    assert [one.name for one in sent.attachments()] == [f"{number}-endoso-1.pdf"]
    assert rows(select(func.count()).select_from(Document).where(Document.storage_key.is_(None))) == [0]


def test_twice_corrected_each_endorsement_tells_its_own(make, rosa, right, correct, rows, app):
    number = make.policy(rosa)
    correct(replace(right, paternal_surname="Condory"))
    correct(right)
    with app.app_context():
        policy = get(number, rosa.actor)
        names = [policy.as_known_at(policy.holder, one).full_name for one in policy.endorsements]
    assert names == ["Rossa Codori Flores", "Rosa Condory Flores", "Rosa Condori Flores"]


def test_another_document_is_the_accounts_from_then_on(make, rosa, right, correct, rows, call):
    make.policy(rosa)
    identity = Identity(DocumentType.PASSPORT, "AB123456", "CO")
    correct(replace(right, identity=identity))
    account = account_of(rows, rosa)
    assert Identity(account.document_type, account.document_number, account.country) == identity
    assert account.person.identity == identity
    assert rows(select(Policy))[0].holder.identity == identity
    member = make.collaborator()
    assert call(search.find, "AB123456", member.actor) == rosa.account_id


def test_a_document_of_another_account_is_refused_at_its_field(make, call, rosa, right, members):
    other = make.customer()
    with pytest.raises(DomainError, match="Otra cuenta ya tiene ese documento") as refused:
        call(person_correction.propose, rosa.account_id, replace(right, identity=other.identity), members[0].actor)
    assert refused.value.field == "numero_documento"


def test_an_account_opened_meanwhile_with_the_document_keeps_it(make, call, rosa, right, members, rows):
    identity = Identity(DocumentType.DNI, "70999888")
    first, second = members
    call(person_correction.propose, rosa.account_id, replace(right, identity=identity), first.actor)
    make.customer(document_number="70999888")
    shown = call(lambda: person_correction.get(rosa.account_id, second.actor).decision.id)
    with pytest.raises(DomainError, match="Otra cuenta ya tiene ese documento"):
        call(person_correction.decide, rosa.account_id, second.actor, shown=shown, accepted=True)
    assert account_of(rows, rosa).document_number == rosa.identity.number
    assert rows(select(Decision.decided_at)) == [None]


@pytest.mark.parametrize(
    ("born", "words"),
    [(date(2015, 1, 1), "18 años o más"), (date(1890, 1, 1), "Revise el año"), (date(2090, 1, 1), "Revise el año")],
)
def test_a_birth_date_that_nobody_with_an_account_has_is_refused(call, rosa, right, members, born, words):
    with pytest.raises(DomainError, match=words) as refused:
        call(person_correction.propose, rosa.account_id, replace(right, birth_date=born), members[0].actor)
    assert refused.value.field == "fecha_nacimiento"


def test_a_birth_date_outside_the_limits_is_said_before_and_the_quote_can_not_be_bought(
    make, call, rosa, right, members, correct, rows, clock
):
    number, quote = make.policy(rosa), make.quote(rosa)
    too_old = replace(right, birth_date=date(1930, 5, 17))
    said = call(person_correction.consequences_of, rosa.account_id, too_old, members[0].actor)
    assert any(one.startswith(f"La póliza {number} se vendió fuera de edad") for one in said)
    assert any(one.startswith(f"La cotización {quote} ya no se podrá comprar") for one in said)
    assert not any(
        "edad" in one for one in call(person_correction.consequences_of, rosa.account_id, right, members[0].actor)
    )
    correct(too_old)
    clock(seconds=1)
    with pytest.raises(purchasing.QuoteExpired):
        make.purchase(rosa, Stage.STARTED, quote=quote)


def test_what_was_authorised_with_the_mistake_is_authorised_anew(make, call, rosa, correct, rows):
    public_id = make.purchase(rosa, Stage.TERMS)
    correct()
    (purchase,) = rows(select(Purchase).where(Purchase.public_id == public_id))
    assert purchase.state.is_open
    assert not call(lambda: confirming.CODE.is_passed(purchasing.get(public_id, rosa.actor)))


def test_it_waits_for_a_payment_that_has_not_ended(make, call, rosa, right, members):
    slip = make.slip(rosa)
    with pytest.raises(DomainError, match=slip.number):
        call(person_correction.propose, rosa.account_id, right, members[0].actor)


def test_turned_down_nothing_is_left_of_it_and_it_can_be_proposed_again(make, rosa, correct, rows, mails):
    make.policy(rosa)
    people = rows(select(func.count(Person.id)))
    correct(accepted=False)
    assert account_of(rows, rosa).person.names == "Rossa"
    assert rows(select(func.count(Person.id))) == people
    assert (mails("data_corrected"), len(rows(select(Endorsement)))) == ([], 1)
    correct()
    assert account_of(rows, rosa).person.names == "Rosa"


def test_nobody_corrects_or_confirms_their_own(make, call, rosa, right, members, rows):
    myself = make.collaborator(document_number=rosa.identity.number)
    with pytest.raises(HasPart):
        call(search.find, rosa.identity.number, myself.actor)
    with pytest.raises((HasPart, NotFound)):
        call(person_correction.propose, rosa.account_id, right, myself.actor)
    mine = replace(right, identity=members[0].identity)
    with pytest.raises(HasPart):  # nor makes a customer of themselves
        call(person_correction.propose, rosa.account_id, mine, members[0].actor)
    call(person_correction.propose, rosa.account_id, right, members[0].actor)
    with pytest.raises(HasPart):
        call(person_correction.look, rosa.account_id, myself.actor)


def test_who_did_not_search_for_the_customer_reads_nothing(make, call, rosa, right, members):
    stranger = make.supervisor()
    with pytest.raises(NotFound):
        call(person_correction.propose, rosa.account_id, right, stranger.actor)
    with pytest.raises(NotFound):
        call(person_correction.look, rosa.account_id, stranger.actor)
    call(person_correction.propose, rosa.account_id, right, members[0].actor)
    with pytest.raises(NotFound):
        call(person_correction.get, rosa.account_id, stranger.actor)
    call(person_correction.look, rosa.account_id, stranger.actor)  # from the list, on record
    assert (
        call(lambda: person_correction.get(rosa.account_id, stranger.actor).changes[0].after) == "Rosa Condori Flores"
    )


def test_it_is_counted_for_everybody_but_who_proposed_it(make, call, rosa, right, members):
    call(person_correction.propose, rosa.account_id, right, members[0].actor)
    asked = [person_correction.pending(member.actor) for member in members[:2]]
    assert [number for number, _ in call(counted, asked)] == [0, 1]
    assert [one.is_own for one in call(person_correction.waiting, members[0].actor)] == [True]


def test_both_are_on_record_and_neither_row_holds_what_was_typed(rosa, members, correct, rows):
    correct()
    entries = rows(select(AuditEntry).where(AuditEntry.action.like("person_correction.%")))
    first, second = members
    assert [(one.action, one.actor_id) for one in entries] == [
        ("person_correction.propose", first.account_id),
        ("person_correction.accept", second.account_id),
    ]
    assert "Condori" not in str([one.details for one in entries] + rows(select(Decision.proposal)))


def test_of_two_who_confirm_at_once_one_does(app, make, call, rosa, right, members, rows):
    make.policy(rosa)
    call(person_correction.propose, rosa.account_id, right, members[0].actor)
    others = [members[1], make.supervisor()]
    call(search.find, rosa.identity.number, others[1].actor)
    shown = call(lambda: person_correction.get(rosa.account_id, others[0].actor).decision.id)

    def confirm(at: int) -> None:
        person_correction.decide(rosa.account_id, others[at].actor, shown=shown, accepted=True)

    at_once(app, 2, confirm)
    assert len(rows(select(Endorsement))) == 2
    assert rows(select(func.count(Message.id)).where(Message.kind == "data_corrected")) == [1]
