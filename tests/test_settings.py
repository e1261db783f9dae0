"""Settings: what a production start refuses, by name."""

import pytest

from portal import settings_rules
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
    "TRUSTED_PROXIES": "1",
    "SIGNING_CERTIFICATE": "/etc/portal/signing.p12",
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
        "SIGNING_CERTIFICATE",
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
        ("TRUSTED_PROXIES", "0"),
        ("TRUSTED_PROXIES", "one"),
        ("TRUSTED_PROXIES", "1_0"),
        ("MAIL_USERNAME", "portal"),
        ("BASE_URL", "http://portal.massiv.example"),
        ("DATABASE_URL", "sqlite:///portal.sqlite"),
        ("BANK_URL", "http://bank.example"),
        ("CLOCK_OFFSET_SECONDS", "60"),
        ("BANK_SETTLE_SECONDS", "29"),
        ("PORTAL_ENV", "staging"),
        ("BASE_URL", "clientes.massiv.example"),
        ("BASE_URL", "https://massiv.example/portal"),
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "postgresql://portal@db:port/portal"),
        ("REDIS_URL", "nonsense"),
        ("REDIS_URL", "redis://cache:port/0"),
        ("REDIS_URL", "redis://cache/first"),
        ("REDIS_URL", "http://cache/0"),
        ("BANK_URL", "bank.example"),
        ("BANK_URL", "https://"),
        ("STORAGE_URL", "file://folder"),
        ("STORAGE_URL", "/srv/files"),
        ("SIGNING_CERTIFICATE", "signing.p12"),
        ("TIMESTAMP_URL", "tsa.example"),
        ("MAIL_SERVER", "smtp://smtp.example"),
        ("MAIL_PORT", "0"),
        ("MAIL_DEFAULT_SENDER", "no address"),
        ("MAIL_DEFAULT_SENDER", "MASSIV"),
        ("MAIL_DEFAULT_SENDER", "MASSIV <massiv>"),
        ("MAIL_REPLY_TO", "ayuda"),
        ("AUDIT_KEY", "short"),
        ("AUDIT_KEY_FALLBACKS", "short"),
        ("AUDIT_HEADS_TO", "https://[keeper/heads"),
        ("BOUNCE_MAILBOX", "imaps://user:password@[host/INBOX"),
        ("STORAGE_URL", "file://[srv/files"),
        ("AUDIT_HEADS_TO", "auditor"),
        ("AUDIT_HEADS_TO", "mailto:auditor"),
        ("AUDIT_HEADS_TO", "mailto:Ana <ana@keeper.example>"),
        ("AUDIT_HEADS_TO", "http://keeper.example/heads"),
        ("SUPPORT_PHONE", "x"),
        ("SUPPORT_PHONE", "llame al 610"),
        ("SUPPORT_PHONE", "(01) 500 0000"),
        ("MAIL_PORT", "abc"),
        ("MAIL_BOUNCE_ADDRESS", "no address"),
        ("MAIL_BOUNCE_ADDRESS", "rebotes+ya@massiv.example"),
        ("MAIL_BOUNCE_ADDRESS", "un.nombre.tan.largo.que.no.cabe@massiv.example"),
        ("MAIL_PORT", "70000"),
        ("METRICS_PORT", "70000"),
        ("MIN_FREE_DISK_MB", "-1"),
        ("DRAFT_DAYS", "0"),
        ("DRAFT_DAYS", "91"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_an_unsafe_value_stops_the_start_and_is_named(name: str, value: str) -> None:
    with pytest.raises(UnsafeSettings, match=name):
        Settings.from_env({**GOOD, name: value})


def test_every_problem_is_told_at_once_and_ends_the_process_without_a_trace() -> None:
    with pytest.raises(SystemExit) as refused:
        Settings.from_env({"PORTAL_ENV": "production"})
    assert str(refused.value.code).count("is missing") == 11


def named(env: dict[str, str]) -> list[str]:
    """The settings that a start refuses, in the order in which it names them."""
    with pytest.raises(UnsafeSettings) as refused:
        Settings.from_env(env)
    return [line.split()[1] for line in str(refused.value.code).splitlines()[1:]]


def test_what_causes_other_trouble_is_named_first_and_all_of_it_at_once() -> None:
    broken = {
        "PORTAL_ENV": "prod",
        "REDIS_URL": "nonsense",
        "SUPPORT_PHONE": "x",
        "MAIL_PORT": "many",
        "SECRET_KEY": "k",
    }
    assert named({**GOOD, **broken}) == ["PORTAL_ENV", "SECRET_KEY", "REDIS_URL", "MAIL_PORT", "SUPPORT_PHONE"]
    assert named({"PORTAL_ENV": "Production"})[0] == "PORTAL_ENV"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REDIS_URL", "rediss://:secret@cache.example:6380/1"),
        ("REDIS_URL", "unix:///run/redis.sock?db=1"),
        ("DATABASE_URL", "postgresql://portal@/portal?host=/run/postgresql"),
        ("MAIL_DEFAULT_SENDER", "MASSIV Seguros <no-responder@massiv.pe>"),
        ("MAIL_SERVER", "2001:db8::25"),
        ("SUPPORT_PHONE", "0800-12345"),
        ("AUDIT_HEADS_TO", "mailto:auditor@example.pe"),
        ("AUDIT_HEADS_TO", "file:///mnt/apart/heads"),
        ("AUDIT_HEADS_TO", "https://keeper.example/heads"),
        ("SUPPORT_PHONE", "+51 1 610 2000"),
        ("STORAGE_URL", "file:///srv/files"),
    ],
)
def test_what_is_usual_is_taken(name: str, value: str) -> None:
    assert Settings.from_env({**GOOD, name: value})


def test_an_address_of_the_bank_with_a_path_is_doubted_each_time() -> None:
    odd = Settings.from_env({**GOOD, "BANK_URL": "https://bank.example/v1"})
    for _ in range(2):
        (doubt,) = settings_rules.doubts(odd)
        assert doubt.startswith("BANK_URL has a path, /v1")
    assert settings_rules.doubts(Settings.from_env(GOOD)) == []


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_an_address_of_postgresql_is_taken_as_its_providers_write_it(scheme: str) -> None:
    settings = Settings.from_env({**GOOD, "DATABASE_URL": f"{scheme}://portal@db/portal"})
    assert settings.database_url == "postgresql+psycopg://portal@db/portal"


@pytest.mark.parametrize("secure", ["MAIL_USE_TLS", "MAIL_USE_SSL"])
def test_a_mail_user_is_accepted_over_tls(secure: str) -> None:
    assert Settings.from_env({**GOOD, "MAIL_USERNAME": "portal", secure: "1"}).mail_username == "portal"


@pytest.mark.parametrize(
    "mailbox",
    [
        "imaps://host/INBOX",
        "imaps://u:p@/INBOX",
        "imap://u:p@imap.example/INBOX",
        "pop3://u:p@host",
        "imaps://u:p@host:x",
    ],
)
def test_a_mailbox_that_can_not_be_read_safely_stops_the_start(mailbox: str) -> None:
    address = {"MAIL_BOUNCE_ADDRESS": "rebotes@massiv.example"}
    Settings.from_env({**GOOD, **address, "BOUNCE_MAILBOX": "imaps://u:p%40ss@imap.example/INBOX"})
    with pytest.raises(UnsafeSettings, match="BOUNCE_MAILBOX must be"):
        Settings.from_env({**GOOD, **address, "BOUNCE_MAILBOX": mailbox})
    with pytest.raises(UnsafeSettings, match="BOUNCE_MAILBOX must have MAIL_BOUNCE_ADDRESS beside it"):
        Settings.from_env({**GOOD, "BOUNCE_MAILBOX": "imaps://u:p@imap.example/INBOX"})


def test_two_ways_to_encrypt_mail_stop_a_start_in_development_too() -> None:
    for env in (GOOD, GOOD | {"PORTAL_ENV": "development"}):
        with pytest.raises(UnsafeSettings, match="MAIL_USE_TLS must not be on beside MAIL_USE_SSL"):
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
        Settings.from_env({**GOOD, "STORAGE_URL": "ftp://bucket"})
