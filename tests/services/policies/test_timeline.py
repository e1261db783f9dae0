"""The log of a policy: everything that happened to it, in words, and nothing of anybody else's."""

from __future__ import annotations

import re

import pytest

from portal.domain.beneficiaries import NotFinished
from portal.domain.decision import DecisionKind
from portal.services.payments import receipts
from portal.services.payments.bank_refunds import BANK_REFUND
from portal.services.policies import listing, policy, timeline
from portal.services.sale import beneficiaries, paying, purchasing
from portal.services.sale.confirming import CODE
from portal.services.servicing import ending, naming, plan_change
from tests.factories import Stage, beneficiary
from tests.processes import ROOT

# Actions that concern an account, a search or the desk, and no policy.
ELSEWHERE = (
    "account.",
    "appeal.",
    "bordereau.",
    "cash.find",
    "claim.",
    "consent.",
    "contact.",
    "customer.",
    "email.",
    "file.",
    "job.",
    "mail.",
    "notice.",
    "password.",
    "payout.",
    "queue.",
    "recovery.",
    "second_step.",
    "session.",
    "settlement.",
    "signup.",
    "staff.",
)


@pytest.fixture
def log(call):
    """The log of a policy, as its owner reads it: the newest last."""

    def read(number: str, someone) -> list[timeline.Event]:
        def use_case() -> list[timeline.Event]:
            return timeline.of_policy(policy.get(number, someone.actor), someone.actor)

        return call(use_case)[::-1]

    return read


def test_a_policys_log_tells_its_story_from_the_quote_to_the_mail(make, call, log):
    juana = make.customer()
    number = make.policy(juana, named=[beneficiary()])
    call(policy.send_by_mail, number, juana.actor)
    told = [(event.words, event.who) for event in log(number, juana)]
    assert told[0][0].startswith("Cotización ")
    assert told[0][1] == "Usted"
    assert [words for words, _ in told[1:4]] == [
        "Compra iniciada, con las condiciones aceptadas",
        "Beneficiarios confirmados",
        "Cuenta reconocida por el banco",
    ]
    assert told[-3][0].endswith("confirmado y póliza emitida")
    assert told[-3][1] == "El portal"
    assert told[-2] == ("Póliza en camino a su correo", "El portal")
    assert told[-1] == ("Póliza enviada otra vez por correo", "Usted")


def finished(make, call, juana, public_id: str) -> str:
    """Pay for a purchase whose beneficiaries are confirmed; the policy's number."""
    make.method(juana, public_id)
    make.verification(juana, public_id)
    call(paying.request_payment, public_id, juana.actor, accepts=True)
    make.pay(juana, public_id)
    (line,) = call(lambda: listing.lines(juana.actor, limit=2))
    return line.policy.number


@pytest.mark.parametrize("last", ["Siguiente", "Guardar"])
def test_the_log_tells_who_gets_the_money_whichever_button_confirmed_it(make, call, log, last):
    juana = make.customer()
    public_id = make.purchase(juana, Stage.STARTED)
    call(beneficiaries.NAMING.name_nobody, public_id, juana.actor)
    call(beneficiaries.NAMING.put, public_id, None, beneficiary("Rosa", share="60"), juana.actor)
    save = beneficiaries.NAMING.put_last if last == "Siguiente" else beneficiaries.NAMING.put
    call(save, public_id, None, beneficiary("Luis", share="40"), juana.actor)
    call(beneficiaries.NAMING.finish, public_id, juana.actor)
    words = [event.words for event in log(finished(make, call, juana, public_id), juana)]
    assert words.count("Beneficiarios confirmados") == 2, "the first answer, and the one that counts"
    assert words[words.index("Cuenta reconocida por el banco") - 1] == "Beneficiarios confirmados"


def test_one_who_was_put_and_leaves_the_shares_short_confirms_nothing(make, call, log):
    juana = make.customer()
    public_id = make.purchase(juana, Stage.STARTED)
    with pytest.raises(NotFinished):
        call(beneficiaries.NAMING.put_last, public_id, None, beneficiary(share="60"), juana.actor)
    call(beneficiaries.NAMING.put_last, public_id, None, beneficiary(share="40"), juana.actor)
    number = finished(make, call, juana, public_id)
    assert [event.words for event in log(number, juana)].count("Beneficiarios confirmados") == 1


def test_a_code_and_a_request_are_told_whoever_asked_for_them(make, call, log):
    juana = make.customer()
    slip = make.slip(juana, agency="CUS-1")
    call(paying.choose_agency, slip.public_id, "CUS-2", juana.actor)
    number = call(lambda: paying.newest_request(purchasing.get(slip.public_id, juana.actor)))
    call(receipts.receive, number, slip.amount, make.collaborator().actor)
    (line,) = call(lambda: listing.lines(juana.actor, limit=2))
    words = [event.words for event in log(line.policy.number, juana)]
    assert words.count("Código de verificación enviado a su correo") == 1
    assert [one.split()[3] for one in words if one.startswith("Solicitud de pago")] == [slip.number, number]


def test_a_refused_card_stays_in_the_log(make, call, log):
    juana = make.customer()
    public_id = make.purchase(juana, Stage.PAID, last4="0001")
    make.method(juana, public_id)
    make.pay(juana, public_id)
    (line,) = call(lambda: listing.lines(juana.actor, limit=2))
    words = [event.words for event in log(line.policy.number, juana)]
    assert "El banco no aprobó el pago. No se descontó nada" in words


def test_what_the_staff_did_is_theirs_and_names_none_of_them(make, call, log):
    juana, cashier = make.customer(), make.collaborator(names="Carla", paternal_surname="Ríos")
    slip = make.slip(juana)
    receipt = call(receipts.receive, slip.number, slip.amount, cashier.actor)
    (line,) = call(lambda: listing.lines(juana.actor, limit=2))
    events = log(line.policy.number, juana)
    (paid,) = [event for event in events if receipt in event.words]
    assert paid.who == "Personal de MASSIV"
    assert not [event for event in events if "Carla" in str(event) or cashier.username in str(event)]


def test_a_log_says_nothing_of_another_policy(make, log):
    juana, rosa = make.customer(), make.customer()
    first, second = make.policy(juana), make.policy(rosa)
    assert len(log(first, juana)) == len(log(second, rosa))


# How the modules that serve several kinds begin an action, and what that is for the kinds that concern a policy.
FILLED_IN = (
    *(("self.event", code.event) for code in (CODE, ending.CODE, naming.CODE, plan_change.CODE)),
    *((named, BANK_REFUND.name) for named in ("self.name", "kind.name")),
)
OF_TWO = (
    DecisionKind.PAYMENT_REVIEW,
    DecisionKind.LATE_CHARGE,
    DecisionKind.REFUND_REVIEW,
    DecisionKind.REFUNDED_TWICE,
)


def test_every_action_of_the_audit_has_its_words_or_concerns_no_policy():
    modules = [module.read_text() for module in (ROOT / "portal" / "services").rglob("*.py")]
    recording = "\n".join(text for text in modules if "audit.record(" in text)
    written = set(re.findall(r'"([a-z]+(?:_[a-z]+)*\.[a-z_]+)"', recording))
    for named, is_ in FILLED_IN:
        written |= {f"{is_}.{what}" for what in re.findall(rf'f"{{{re.escape(named)}}}\.([a-z_]+)"', recording)}
    written |= {f"{kind}.{verb}" for kind in OF_TWO for verb in ("propose", "accept", "reject")}
    untold = {action for action in written if not action.startswith(ELSEWHERE)} - set(timeline.WORDS)
    assert not untold
    assert not set(timeline.WORDS) - written
