"""A customer's browser without pictures: one connection, cookies, forms, redirects; it notes how long each answer took."""

from __future__ import annotations

import html
import http.client
import re
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode, urljoin, urlsplit

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_IDLE = 4.0  # seconds after which the server may have closed the connection


@dataclass(frozen=True)
class Timed:
    method: str
    path: str
    status: int
    seconds: float


@dataclass
class Page:
    status: int
    path: str
    text: str

    def field(self, name: str) -> str:
        """The value of a hidden field."""
        found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', self.text)
        if found is None:
            raise LookupError(f"{self.path} has no field {name}")
        return html.unescape(found[1])


@dataclass
class Browser:
    url: str
    cookies: dict[str, str] = field(default_factory=dict)
    timed: list[Timed] = field(default_factory=list)
    token: str = ""

    def __post_init__(self) -> None:
        self._connection: http.client.HTTPConnection | None = None
        self._used = 0.0

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def get(self, path: str, *, fragment: bool = False) -> Page:
        return self._follow(self._ask("GET", path, None, fragment), fragment)

    def post(self, path: str, form: dict[str, str], *, fragment: bool = False) -> Page:
        """Send a form with the last page's CSRF token, and follow where it leads."""
        return self._follow(self._ask("POST", path, {"csrf_token": self.token} | form, fragment), fragment)

    def _follow(self, answer: tuple[Page, str], fragment: bool) -> Page:
        page, location = answer
        while location:
            page, location = self._ask("GET", location, None, fragment)
        if page.status != 200:
            raise AssertionError(f"{page.path}: {page.status}\n{page.text[:3000]}")
        return page

    def _ask(self, method: str, path: str, form: dict[str, str] | None, fragment: bool) -> tuple[Page, str]:
        headers = {"Cookie": self.cookie}
        if fragment:
            headers["HX-Request"] = "true"
        body = None
        if form is not None:
            body = urlencode(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if self._connection is None or time.monotonic() - self._used > _IDLE:
            if self._connection is not None:
                self._connection.close()
            self._connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
            self._connection.connect()
        began = time.perf_counter()
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        text = response.read().decode()
        seconds = time.perf_counter() - began
        self._used = time.monotonic()
        self.timed.append(Timed(method, path, response.status, seconds))
        for value in response.headers.get_all("Set-Cookie") or []:
            name, _, rest = value.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        if token := _TOKEN.search(text):
            self.token = html.unescape(token[1])
        location = response.headers.get("HX-Redirect") or response.headers.get("Location") or ""
        there = urlsplit(urljoin(self.url + path, location)) if location else None
        where = f"{there.path}{'?' + there.query if there.query else ''}" if there else ""
        return Page(response.status, path, text), where
