"""The days of a policy for its holder's calendar."""

from datetime import UTC, date, datetime

import icalendar
import pytest

from portal.domain.clock import lima
from portal.domain.errors import NotAllowed, NotFound
from portal.services.policies import cover_days
from portal.services.policies import policy as policies

pytestmark = pytest.mark.one_database


def entries(app, number, someone):
    with app.app_context():
        content = cover_days.file_of(number, someone.actor)
    return {str(one["summary"]): one for one in icalendar.Calendar.from_ical(content).walk("VEVENT")}


def test_start_and_end_are_noons_of_lima_and_the_last_day_to_renew_a_whole_day(app, make):
    juana = make.customer(names="Juana")
    number = make.policy(juana)
    found = entries(app, number, juana)
    with app.app_context():
        policy = policies.get(number, juana.actor)
    begins, ends = (found[f"{word} el seguro {number}"].decoded("dtstart") for word in ("Empieza", "Termina"))
    assert (begins, ends) == (policy.starts_at, policy.ends_at)
    assert {(lima(one).hour, one.astimezone(UTC).hour) for one in (begins, ends)} == {(12, 17)}
    last = found[f"Último día para renovar el seguro {number}"].decoded("dtstart")
    assert isinstance(last, date)
    assert not isinstance(last, datetime)
    assert last > lima(ends).date()


def test_it_says_no_more_than_the_card_for_the_family(app, make):
    juana = make.customer()
    number = make.policy(juana)
    with app.app_context():
        policy, text = policies.get(number, juana.actor), cover_days.file_of(number, juana.actor).decode()
        for private in (policy.holder.document_number, policy.holder.email, "72.92", "20,000", "Accidental", "Plan"):
            assert private not in text


def test_what_ended_has_none_and_a_stranger_finds_none(app, make):
    juana = make.customer()
    number = make.policy(juana)
    with app.app_context(), pytest.raises(NotFound):
        cover_days.file_of(number, make.customer().actor)
    make.ended(number, juana)
    with app.app_context(), pytest.raises(NotAllowed):
        cover_days.file_of(number, juana.actor)
