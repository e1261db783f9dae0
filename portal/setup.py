"""How the application is put together: configuration, connections, blueprints, and what every request passes."""

from importlib import import_module

import structlog
from flask import Flask
from sqlalchemy import make_url

from portal import extensions, settings_rules
from portal.domain import clock
from portal.logs import configure_logs
from portal.models.transaction import let_go, prepare_sqlite
from portal.settings import DATABASE_CLIENT, LARGEST_BODY, Settings
from portal.web import uploads
from portal.web.sent import PortalRequest

log = structlog.get_logger(__name__)

_BLUEPRINTS = (
    "auth",
    "recovery",
    "signup",
    "home",
    "catalogue",
    "quotes",
    "purchase",
    "policies",
    "servicing",
    "evidence",
    "messages",
    "claims",
    "notices",
    "desk_notices",
    "profile",
    "desk",
    "customers",
    "corrections",
    "cash",
    "payees",
    "claim_reviews",
    "backlog",
    "reviewing",
    "settlements",
    "bordereaux",
    "assessing",
    "assisted_claims",
    "assisted_changes",
    "rq_dashboard",
    "staff",
    "verification",
    "drafts",
    "health",
)


def configure(app: Flask, settings: Settings) -> None:
    """Flask's own configuration, from the settings."""
    app.request_class = PortalRequest
    app.config.update(
        PORTAL=settings,
        SECRET_KEY=settings.secret_key,
        SECRET_KEY_FALLBACKS=list(settings.secret_key_fallbacks),
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        MAX_FORM_MEMORY_SIZE=LARGEST_BODY,
        SESSION_COOKIE_NAME="__Host-portal" if settings.is_secure else "portal",
        SESSION_COOKIE_SECURE=settings.is_secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # Signed with the last: while keys change, a form of one node is sent to another.
        WTF_CSRF_SECRET_KEY=[*reversed(settings.secret_key_fallbacks), settings.secret_key],
        WTF_CSRF_TIME_LIMIT=None,  # a form stays good as long as its session
        WTF_I18N_ENABLED=False,  # WTForms' own Spanish, by Form.Meta.locales
        WTF_CSRF_SSL_STRICT=settings.is_secure,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(settings.database_url),
        RATELIMIT_STORAGE_URI=settings.redis_url,
        RATELIMIT_STORAGE_OPTIONS={"socket_connect_timeout": 1, "socket_timeout": 1},
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=True,
        # Only the first request that Redis fails falls back; another at that same moment would be a 500.
        RATELIMIT_SWALLOW_ERRORS=True,
        RATELIMIT_HEADERS_ENABLED=False,
        RATELIMIT_KEY_PREFIX="portal",
        MAIL_SERVER=settings.mail_server,
        MAIL_PORT=settings.mail_port,
        MAIL_USE_TLS=settings.mail_use_tls,
        MAIL_USE_SSL=settings.mail_use_ssl,
        MAIL_USERNAME=settings.mail_username,
        MAIL_PASSWORD=settings.mail_password,
        MAIL_DEFAULT_SENDER=settings.mail_default_sender,
    )
    if not settings.is_production:
        clock.shift(settings.clock_offset)
    configure_logs(settings.log_level)
    for doubt in settings_rules.doubts(settings):
        log.warning("setting_doubtful", words=doubt)


def connect(app: Flask, settings: Settings) -> None:
    """Bind the extensions."""
    extensions.db.init_app(app)
    app.teardown_appcontext(let_go)  # before the extension's own, which would raise
    extensions.login_manager.init_app(app)
    extensions.login_manager.session_protection = None  # the table of sessions is the protection
    uploads.init_uploads(app)  # before the protection reads a body
    extensions.csrf.init_app(app)
    extensions.mail.init_app(app)
    extensions.limiter.init_app(app)
    extensions.queue.connect(settings.redis_url)
    if settings.database_url.startswith("sqlite"):
        with app.app_context():
            prepare_sqlite(extensions.db.engine)


def tell_of_signing(app: Flask) -> None:
    """Log, at start, why nothing can be signed. The portal works all the same: what is to be signed waits."""
    from portal.services.documents import signing

    with app.app_context():
        if trouble := signing.trouble():
            log.warning("signing_unusable", reason=trouble)


def add_blueprints(app: Flask) -> None:
    """Register each feature's blueprint."""
    for name in _BLUEPRINTS:
        app.register_blueprint(import_module(f"portal.blueprints.{name}").bp)


def add_payouts(app: Flask) -> None:
    """Who is told how a payout ended: claims, for which they are made."""
    from portal.services.claims.paying import ClaimPayouts
    from portal.services.payments import payout_ends

    payout_ends.follow(app, ClaimPayouts())


def add_web(app: Flask) -> None:
    """What every request and template relies on."""
    from portal.web import access, assets, errors, filters, request_log, security

    request_log.init_requests(app)
    security.init_security(app)
    filters.init_filters(app)
    errors.init_errors(app)
    assets.init_assets(app)
    access.init_access(app)


def _engine_options(url: str) -> dict[str, object]:
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": 15}, "hide_parameters": True}
    # Nobody waits for ever: not for a server that is away, nor for a row that a client holds who fell silent.
    waits = ("-c lock_timeout=15s", "-c idle_in_transaction_session_timeout=60s")
    # Every query is short: to compile one takes longer than to run it.
    asked = (*make_url(url).normalized_query.get("options", ()), *waits, "-c jit=off")
    # An idle connection of a restarted server is noticed before it is used.
    return {
        # By this name a restore knows that the portal is still connected.
        "connect_args": {"connect_timeout": 5, "options": " ".join(asked), "application_name": DATABASE_CLIENT},
        "pool_pre_ping": True,
        "pool_size": 8,
        "max_overflow": 8,
        "hide_parameters": True,
    }
