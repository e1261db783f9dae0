"""A customer's browser without pictures: cookies, hidden fields, redirects. It notes how long each answer took."""

from __future__ import annotations

import html
import http.client
import re
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode, urljoin, urlsplit

_HIDDEN = re.compile(r'<input(?=[^>]* type="hidden")[^>]*>')
_ATTRIBUTE = re.compile(r' (name|value)="([^"]*)"')
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

    @property
    def hidden(self) -> dict[str, str]:
        """The hidden fields of its forms."""
        inputs = (dict(_ATTRIBUTE.findall(one)) for one in _HIDDEN.findall(self.text))
        return {one["name"]: html.unescape(one.get("value", "")) for one in inputs}


@dataclass
class Browser:
    url: str
    cookies: dict[str, str] = field(default_factory=dict)
    timed: list[Timed] = field(default_factory=list)
    hidden: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._connection: http.client.HTTPConnection | None = None
        self._used = 0.0

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def get(self, path: str, *, fragment: bool = False) -> Page:
        return self._follow(self._ask("GET", path, None, fragment), fragment)

    def post(self, path: str, form: dict[str, str], *, fragment: bool = False) -> Page:
        """Send a form with what the last page hides in it, and follow where it leads."""
        return self._follow(self._ask("POST", path, self.hidden | form, fragment), fragment)

    def _follow(self, answer: tuple[Page, str], fragment: bool) -> Page:
        page, location = answer
        while location:
            page, location = self._ask("GET", location, None, fragment)
        if page.status != 200:
            raise AssertionError(f"{page.path}: {page.status}\n{page.text[:3000]}")
        self.hidden = page.hidden
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
        location = response.headers.get("HX-Redirect") or response.headers.get("Location") or ""
        there = urlsplit(urljoin(self.url + path, location)) if location else None
        where = f"{there.path}{'?' + there.query if there.query else ''}" if there else ""
        return Page(response.status, path, text), where
