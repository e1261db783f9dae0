"""Who the visitor is by their address: limits, logs, audit and sessions all go by `request.remote_addr`."""

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from portal.domain import addresses


class KnownVisitor:
    """Gives a request the address alone, whatever the server and the proxies before it made of it. Innermost, after the
    proxies' headers were read."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["REMOTE_ADDR"] = addresses.address_of(environ.get("REMOTE_ADDR"))
        return self._application(environ, start_response)
