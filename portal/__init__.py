"""The portal's application."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from portal.settings import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """The application over `settings` (the environment's by default). Raises UnsafeSettings."""
    from portal.cli import register_commands
    from portal.setup import add_blueprints, add_payouts, add_web, configure, connect, tell_of_signing
    from portal.web.visitor import KnownVisitor

    settings = settings or Settings.from_env()
    app = Flask(__name__, static_folder=None)
    configure(app, settings)
    connect(app, settings)
    tell_of_signing(app)
    add_blueprints(app)
    add_payouts(app)
    add_web(app)
    register_commands(app)
    app.wsgi_app = KnownVisitor(app.wsgi_app)  # type: ignore[method-assign]  # Flask's way
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]  # Flask's way
    return app
