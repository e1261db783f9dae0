"""An error tells what failed, never about whom."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from portal.models import Signup
from portal.models.transaction import writing


def test_the_words_of_a_database_error_hold_no_parameters(call):
    def twice() -> None:
        with writing() as session:
            session.add_all(Signup(token="canary-token", answers={}, email="canary@example.com") for _ in range(2))

    with pytest.raises(IntegrityError) as failed:
        call(twice)
    assert "canary@example.com" not in str(failed.value)
