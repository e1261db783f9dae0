"""Settings: what a production start refuses, by name."""

import pytest

from portal.settings import Settings, UnsafeSettings

GOOD = {
    "PORTAL_ENV": "production",
    "SECRET_KEY": "zq8TtF3w-Kx1bV7sN_e0Rj5uYc2Lh9Ga4Md6",
    "BASE_URL": "https://portal.massiv.example",
    "DATABASE_URL": "postgresql+psycopg://portal@db/portal",
    "REDIS_URL": "redis://cache/0",
    "BANK_URL": "https://bank.example",
    "BANK_API_KEY": "key",
    "MAIL_SERVER": "smtp.example",
    "MAIL_DEFAULT_SENDER": "no-responder@massiv.example",
    "SUPPORT_PHONE": "(01) 610 2000",
    "TRUSTED_PROXIES": "0",
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
        "SUPPORT_PHONE",
        "TRUSTED_PROXIES",
    ],
)
def test_a_missing_setting_stops_the_start_and_is_named(name: str) -> None:
    with pytest.raises(UnsafeSettings, match=f"{name} is missing"):
        Settings.from_env({key: value for key, value in GOOD.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "zq8TtF3w-Kx1bV7sN_e0"),
        ("SECRET_KEY", "abc" * 20),
        ("SECRET_KEY_FALLBACKS", "zq8TtF3w-Kx1bV7sN_e0Rj5uYc2Lh9Ga4Md6,older"),
        ("SECRET_KEY_FALLBACKS", "k" * 40),
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", "one"),
        ("TRUSTED_PROXIES", "1_0"),
        ("MAIL_USERNAME", "portal"),
        ("BASE_URL", "http://portal.massiv.example"),
        ("DATABASE_URL", "sqlite:///portal.sqlite"),
        ("BANK_URL", "http://bank.example"),
        ("CLOCK_OFFSET_SECONDS", "60"),
        ("BANK_SETTLE_SECONDS", "29"),
        ("PORTAL_ENV", "staging"),
        ("MAIL_PORT", "abc"),
        ("MAIL_PORT", "0"),
        ("MAIL_PORT", "70000"),
        ("METRICS_PORT", "70000"),
        ("MIN_FREE_DISK_MB", "-1"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_an_unsafe_value_stops_the_start_and_is_named(name: str, value: str) -> None:
    with pytest.raises(UnsafeSettings, match=name):
        Settings.from_env({**GOOD, name: value})


def test_every_problem_is_told_at_once_and_ends_the_process_without_a_trace() -> None:
    with pytest.raises(SystemExit) as refused:
        Settings.from_env({"PORTAL_ENV": "production"})
    assert str(refused.value.code).count("is missing") == 10


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_an_address_of_postgresql_is_taken_as_its_providers_write_it(scheme: str) -> None:
    settings = Settings.from_env({**GOOD, "DATABASE_URL": f"{scheme}://portal@db/portal"})
    assert settings.database_url == "postgresql+psycopg://portal@db/portal"


@pytest.mark.parametrize("secure", ["MAIL_USE_TLS", "MAIL_USE_SSL"])
def test_a_mail_user_is_accepted_over_tls(secure: str) -> None:
    assert Settings.from_env({**GOOD, "MAIL_USERNAME": "portal", secure: "1"}).mail_username == "portal"


def test_two_ways_to_encrypt_mail_stop_a_start_in_development_too() -> None:
    for env in (GOOD, GOOD | {"PORTAL_ENV": "development"}):
        with pytest.raises(UnsafeSettings, match="MAIL_USE_TLS and MAIL_USE_SSL exclude each other"):
            Settings.from_env({**env, "MAIL_USE_TLS": "1", "MAIL_USE_SSL": "1"})


@pytest.mark.parametrize(
    ("env", "is_local"),
    [
        ({"BASE_URL": "http://localhost:8000"}, True),
        ({"BASE_URL": "http://127.0.0.1:8000"}, True),
        ({"BASE_URL": "http://[::1]:8000"}, True),
        ({"BASE_URL": "http://portal.local:8000"}, False),
        ({"BASE_URL": "https://portal.massiv.example"}, False),
        ({"BASE_URL": "https://localhost", "PORTAL_ENV": "production"}, False),
    ],
)
def test_a_portal_is_local_in_development_on_this_machine_alone(env: dict[str, str], is_local: bool) -> None:
    assert Settings.from_env({**GOOD, "PORTAL_ENV": "development", **env}).is_local is is_local


def test_a_negative_number_of_proxies_stops_a_start_in_development_too() -> None:
    with pytest.raises(UnsafeSettings, match="TRUSTED_PROXIES"):
        Settings.from_env({**GOOD, "PORTAL_ENV": "development", "TRUSTED_PROXIES": "-1"})


def test_documents_are_kept_in_the_folder_that_is_given() -> None:
    given = Settings.from_env({**GOOD, "STORAGE_URL": "file:///srv/portal%20files"})
    assert str(given.storage_folder) == "/srv/portal files"
    with pytest.raises(UnsafeSettings, match="STORAGE_URL"):
        Settings.from_env({**GOOD, "STORAGE_URL": "s3://bucket"})
