"""A signed-in browser over HTTP that speaks to several web servers of one portal, as one behind a balancer does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
import lxml.html

from tests.factories import PASSWORD, Someone
from tests.processes import PATIENCE

Answer = TypeVar("Answer")


class Visitor:
    """`urls` are the servers; the first is asked unless another is named by its number."""

    def __init__(self, urls: Sequence[str]) -> None:
        self.urls = urls
        self._http = httpx.Client(timeout=PATIENCE, trust_env=False)

    def close(self) -> None:
        self._http.close()

    def sign_in(self, someone: Someone) -> None:
        """Through the login form."""
        fields = self.form("/ingresar", "clave") | {"usuario": someone.username, "clave": PASSWORD}
        answer = self.post("/ingresar", fields)
        assert answer.status_code == 303, answer.text

    def get(self, path: str, server: int = 0) -> httpx.Response:
        """The page at `path`, redirects followed on the same server."""
        answer = self._http.get(self.urls[server] + path)
        while answer.is_redirect:
            answer = self._http.get(self.urls[server] + urlsplit(answer.headers["Location"]).path)
        assert answer.status_code == 200, answer.text
        return answer

    def form(self, path: str, field: str) -> dict[str, str]:
        """What the page's form that has `field` would send."""
        document = lxml.html.document_fromstring(self.get(path).text)
        form = next(form for form in document.forms if field in form.fields)
        return {name: value or "" for name, value in form.fields.items()}

    def post(self, path: str, fields: dict[str, str], server: int = 0) -> httpx.Response:
        """The server's own answer, not followed."""
        return self._http.post(self.urls[server % len(self.urls)] + path, data=fields)

    def send(self, path: str, fields: dict[str, str], photo: bytes) -> httpx.Response:
        """As `post`, with a file."""
        return self._http.post(self.urls[0] + path, data=fields, files={"archivo": ("foto.jpg", photo)})

    def keep(self, cookie: str, value: str) -> None:
        """Have a cookie from before."""
        self._http.cookies.set(cookie, value)

    def at_once(self, times: int, press: Callable[[int], Answer]) -> list[Answer]:
        """`press(0)` … `press(times - 1)`, all begun together."""
        ready = threading.Barrier(times)

        def one(number: int) -> Answer:
            ready.wait(PATIENCE)
            return press(number)

        with ThreadPoolExecutor(times) as pool:
            return list(pool.map(one, range(times)))


def main_text(answer: httpx.Response) -> str:
    """What a person reads on the page."""
    (main,) = lxml.html.document_fromstring(answer.text).xpath("//main")
    return " ".join(main.text_content().split())
