"""Settings: what a production start refuses, by name."""

import pytest

from portal.settings import Settings, UnsafeSettings

GOOD = {
    "PORTAL_ENV": "production",
    "SECRET_KEY": "k" * 40,
    "BASE_URL": "https://portal.massiv.example",
    "DATABASE_URL": "postgresql+psycopg://portal@db/portal",
    "REDIS_URL": "redis://cache/0",
    "BANK_URL": "https://bank.example",
    "BANK_API_KEY": "key",
    "MAIL_SERVER": "smtp.example",
    "MAIL_DEFAULT_SENDER": "no-responder@massiv.example",
}


def test_production_starts_with_everything_given() -> None:
    assert Settings.from_env(GOOD).is_production


@pytest.mark.parametrize(
    "name",
    [
        "SECRET_KEY",
        "BASE_URL",
        "DATABASE_URL",
        "REDIS_URL",
        "BANK_URL",
        "BANK_API_KEY",
        "MAIL_SERVER",
        "MAIL_DEFAULT_SENDER",
    ],
)
def test_a_missing_setting_stops_the_start_and_is_named(name: str) -> None:
    with pytest.raises(UnsafeSettings, match=f"{name} is missing"):
        Settings.from_env({key: value for key, value in GOOD.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"),
        ("BASE_URL", "http://portal.massiv.example"),
        ("DATABASE_URL", "sqlite:///portal.sqlite"),
        ("BANK_URL", "http://bank.example"),
        ("CLOCK_OFFSET_SECONDS", "60"),
        ("PORTAL_ENV", "staging"),
        ("MAIL_PORT", "abc"),
    ],
)
def test_an_unsafe_value_stops_the_start_and_is_named(name: str, value: str) -> None:
    with pytest.raises(UnsafeSettings, match=name):
        Settings.from_env({**GOOD, name: value})


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(UnsafeSettings) as refused:
        Settings.from_env({"PORTAL_ENV": "production"})
    assert str(refused.value).count("is missing") == 8
