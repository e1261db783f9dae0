"""The portal's application."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from portal.settings import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """The application over `settings` (the environment's by default). Raises UnsafeSettings."""
    from portal import cli, setup

    settings = settings or Settings.from_env()
    app = Flask(__name__, static_folder=None)
    setup.configure(app, settings)
    setup.connect(app, settings)
    setup.add_blueprints(app)
    setup.add_web(app)
    cli.register(app)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app
