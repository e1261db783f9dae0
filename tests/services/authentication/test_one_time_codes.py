"""One-time codes: ten minutes, five tries whatever comes at once, one use, the newest only."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.domain.actor import Actor
from portal.domain.errors import DomainError
from portal.models import Code, CodePurpose
from portal.models.transaction import writing
from portal.services.authentication import one_time_codes
from tests.services.at_once import at_once

PURPOSE, SUBJECT = CodePurpose.PURCHASE, 7
SOMEBODY = Actor(1, "customer", "203.0.113.9", "a phone")


@pytest.fixture
def issue(call):
    def issue(binding: str = "answers", subject: int = SUBJECT) -> str:
        def use_case() -> str:
            with writing():
                return one_time_codes.issue(PURPOSE, subject, binding=binding)

        return call(use_case)

    return issue


@pytest.fixture
def attempt(call):
    def attempt(typed: str, binding: str = "answers", subject: int = SUBJECT) -> int:
        return call(one_time_codes.try_code, PURPOSE, subject, typed, binding=binding)

    return attempt


@pytest.fixture
def spend(call):
    def spend(code_id: int) -> None:
        def use_case() -> None:
            with writing():
                one_time_codes.spend(code_id, SOMEBODY)

        call(use_case)

    return spend


def wrong(digits: str, step: int = 1) -> str:
    """Six other digits."""
    return f"{(int(digits) + step) % 1_000_000:06d}"


@pytest.mark.parametrize(
    "around", [" {}\n", "\u200b{}\u202c", "{} es su código", "Código: {}", "\ufeff{}\u00a0", "{}."]
)
def test_the_code_passes_however_it_is_pasted(issue, attempt, around):
    digits = issue()
    for typed in (
        around.format(digits),
        around.format(f"{digits[:3]}\u202f{digits[3:]}"),
        around.format(f"{digits[:3]}–{digits[3:]}"),
    ):
        assert attempt(typed)


def test_the_code_passes_and_is_used_up_with_where_it_was_used_from(issue, attempt, spend, rows):
    spend(attempt(issue()))
    (code,) = rows(select(Code))
    assert code.used_at is not None
    assert (code.used_ip, code.used_device) == (SOMEBODY.ip, SOMEBODY.device)


def test_the_digits_are_not_in_the_database(issue, rows):
    digits = issue()
    (code,) = rows(select(Code))
    assert digits not in "".join(
        str(getattr(code, column.key)) for column in Code.__table__.columns if column.key != "id"
    )
    assert len(code.code_hash) == 64


def test_the_same_digits_of_two_codes_hash_differently(app):
    with app.app_context():
        assert one_time_codes._hashes(Code(id=1), "123456") != one_time_codes._hashes(Code(id=2), "123456")


def test_a_code_typed_with_spaces_passes(issue, attempt):
    digits = issue()
    attempt(f" {digits[:3]} {digits[3:]} ")


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "123 45"])
def test_what_is_no_code_says_so_and_costs_no_try(issue, attempt, rows, typed):
    issue()
    with pytest.raises(DomainError, match="6 dígitos") as refused:
        attempt(typed)
    assert refused.value.field == "codigo"
    assert rows(select(Code.tries)) == [0]


def test_each_wrong_code_says_how_many_tries_are_left(issue, attempt):
    digits = issue()
    said = []
    for step in range(1, 7):
        with pytest.raises(DomainError) as refused:
            attempt(wrong(digits, step))
        said.append(refused.value.message)
    assert ["quedan 4" in said[0], "quedan 3" in said[1], "quedan 2" in said[2], "queda 1 " in said[3]] == [True] * 4
    assert "se acabaron los intentos" in said[4]
    assert "Se acabaron los 5 intentos" in said[5]


def test_after_five_wrong_tries_the_right_code_does_not_pass(issue, attempt):
    digits = issue()
    for step in range(1, 6):
        with pytest.raises(DomainError):
            attempt(wrong(digits, step))
    with pytest.raises(DomainError, match="Se acabaron los 5 intentos"):
        attempt(digits)


def test_the_fifth_try_may_still_be_the_right_one(issue, attempt, spend):
    digits = issue()
    for step in range(1, 5):
        with pytest.raises(DomainError):
            attempt(wrong(digits, step))
    spend(attempt(digits))


def test_fifty_guesses_at_once_are_five_tries(app, issue, attempt, rows):
    digits = issue()
    answers = at_once(
        app, 50, lambda number: one_time_codes.try_code(PURPOSE, SUBJECT, wrong(digits, number + 1), binding="answers")
    )
    assert all(isinstance(answer, DomainError) for answer in answers)
    compared = [answer for answer in answers if "no es correcto" in answer.message]
    assert len(compared) == 5
    assert rows(select(Code.tries)) == [5]
    with pytest.raises(DomainError):
        attempt(digits)


def test_one_code_typed_twice_at_once_is_used_once(app, issue):
    digits = issue()

    def use(_: int) -> None:
        code_id = one_time_codes.try_code(PURPOSE, SUBJECT, digits, binding="answers")
        with writing():
            one_time_codes.spend(code_id, SOMEBODY)

    answers = at_once(app, 4, use)
    assert answers.count(None) == 1
    assert all(answer is None or isinstance(answer, DomainError) for answer in answers)


def test_a_used_code_does_not_pass_again(issue, attempt, spend):
    digits = issue()
    spend(attempt(digits))
    with pytest.raises(DomainError, match="ya no vale"):
        attempt(digits)


@pytest.mark.parametrize(("later", "passes"), [({"minutes": 9, "seconds": 45}, True), ({"minutes": 10}, False)])
def test_a_code_lives_ten_minutes(issue, attempt, clock, later, passes):
    digits = issue()
    clock(**later)
    if passes:
        attempt(digits)
    else:
        with pytest.raises(DomainError, match="dura 10 minutos"):
            attempt(digits)


def test_only_the_newest_code_passes(issue, attempt, clock):
    first = issue()
    clock(seconds=61)
    second = issue()
    if first != second:  # once in a million they are the same digits
        with pytest.raises(DomainError):
            attempt(first)
    attempt(second)


def test_a_new_code_has_five_tries_of_its_own(issue, attempt, clock):
    digits = issue()
    for step in range(1, 6):
        with pytest.raises(DomainError):
            attempt(wrong(digits, step))
    clock(seconds=61)
    attempt(issue())


def test_a_code_is_sent_again_after_a_minute_and_not_before(issue, clock):
    issue()
    with pytest.raises(DomainError, match=r"otro en \d+ segundos"):
        issue()
    clock(seconds=45)
    with pytest.raises(DomainError, match=r"otro en \d+ segundos"):
        issue()
    clock(seconds=61)
    issue()


def test_other_answers_need_not_wait_for_the_minute(issue):
    issue("answers")
    issue("other answers")


def test_at_most_six_codes_an_hour(issue, clock):
    for number in range(6):
        clock(seconds=61 * number)
        issue()
    clock(seconds=61 * 6)
    with pytest.raises(DomainError, match="Espere una hora"):
        issue()
    clock(seconds=3601)
    issue()


@pytest.mark.parametrize(("binding", "subject"), [("edited answers", SUBJECT), ("", SUBJECT), ("answers", SUBJECT + 1)])
def test_a_code_passes_only_for_what_it_was_sent_for(issue, attempt, binding, subject):
    digits = issue()
    with pytest.raises(DomainError, match="ya no vale"):
        attempt(digits, binding, subject)


def test_a_purchase_code_opens_no_account(call, issue):
    digits = issue()
    with pytest.raises(DomainError, match="ya no vale"):
        call(one_time_codes.try_code, CodePurpose.ACCOUNT, SUBJECT, digits, binding="answers")


def test_a_code_is_open_until_it_is_used_run_out_or_tried_too_often(call, issue, attempt, spend, clock):
    def is_open(binding: str = "answers") -> bool:
        return call(lambda: one_time_codes.is_open(one_time_codes.newest(PURPOSE, SUBJECT), binding))

    assert not is_open()
    digits = issue()
    assert is_open()
    assert not is_open("edited answers")
    clock(minutes=10)
    assert not is_open()
    clock()
    for step in range(1, 5):
        with pytest.raises(DomainError):
            attempt(wrong(digits, step))
    assert is_open()
    spend(attempt(digits))
    assert not is_open()
