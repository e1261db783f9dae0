"""A browser without JavaScript for tests: follows redirects, fills the forms it sees, and checks every page it gets.

    page = client.sign_in(make.customer()).get("/productos")
    page = client.submit(page, {"usuario": "juana", "clave": "…"})        # the page's form that has these fields
    assert page.status == 422 and page.errors["clave"] == "…"

A name that the form does not have, or a choice that it does not offer, fails the test: a person could not send it
either. `post` sends anything, with the page's token, for tests of what must have no effect.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import lxml.html
from flask import Flask
from flask.testing import FlaskClient
from lxml.html import FormElement, HtmlElement
from werkzeug.test import TestResponse

from tests.factories import Factories, Someone
from tests.pages.checks import check_fragment, check_headers, check_page, is_stored_mail

HTMX = {"HX-Request": "true"}
_MOST_REDIRECTS = 8

Typed = Mapping[str, str | bool | Sequence[str]]


@dataclass
class Page:
    """An answer as a person sees it. `path` is where the redirects led; `passed` are the addresses before it."""

    path: str
    status: int
    response: TestResponse
    passed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        is_ours = not is_stored_mail(self.path, self.response)
        self.is_html = self.response.mimetype == "text/html" and bool(self.response.data) and is_ours
        self.document: HtmlElement = lxml.html.document_fromstring(self._source)

    @property
    def html(self) -> str:
        return self.response.get_data(as_text=True)

    @property
    def _source(self) -> str:
        """What to parse: a fragment needs its body said, or the parser takes all of it for the head."""
        if not self.is_html:
            return "<p>"
        return self.html if "<html" in self.html else f"<body>{self.html}"

    @property
    def data(self) -> bytes:
        return self.response.get_data()

    @property
    def text(self) -> str:
        """The words of the page in one line, spaces in order."""
        copy = lxml.html.document_fromstring(self._source)
        for unseen in copy.xpath("//head | //template | //script"):
            unseen.drop_tree()
        return _words(copy)

    @property
    def title(self) -> str:
        return _words(self.document.find(".//title"))

    @property
    def heading(self) -> str:
        return _words(self.document.find(".//h1"))

    @property
    def errors(self) -> dict[str, str]:
        """The words at each field at fault, by the field's name; the sentences without a field are under ""."""
        found = {}
        for element in self.document.xpath("//*[contains(concat(' ', @class, ' '), ' error ')]"):
            if (element.get("id") or "").endswith("-error"):
                found[element.get("id").removesuffix("-error")] = _words(element)
            else:
                found[""] = f"{found.get('', '')} {_words(element)}".strip()
        return found

    @property
    def links(self) -> dict[str, str]:
        """Each link's address by its words."""
        return {_words(link): link.get("href") for link in self.document.xpath("//a[@href]")}

    @property
    def forms(self) -> list[FormElement]:
        """The page's own first: the desk's search stands over all of them."""
        return sorted(self.document.forms, key=lambda form: form.get("role") == "search")

    def form_with(self, names: Sequence[str] = (), action: str | None = None) -> FormElement:
        """The one form that has these fields, and leads to `action` if given."""
        fit = [
            form
            for form in self.forms
            if all(name in _names(form) for name in names) and action in (None, form.get("action"))
        ]
        offered = [(form.get("action"), sorted(_names(form))) for form in self.forms]
        assert fit, f"{self.path} ({self.status}) has no form with {list(names)} to {action}: {offered}"
        return fit[0]

    def values(self, *names: str) -> dict[str, Any]:
        """What the form with these fields would send as it stands."""
        return dict(self.form_with(names).form_values())


class _Browser(FlaskClient):
    """Werkzeug's own leaves the file open on which it lays a large form."""

    def open(self, *args: Any, **named: Any) -> TestResponse:
        response = super().open(*args, **named)
        response.request.environ["wsgi.input"].close()
        return response


class PageClient:
    """`htmx=True` is the other world: it asks and submits as htmx does, and obeys HX-Redirect."""

    def __init__(self, app: Flask, *, htmx: bool = False) -> None:
        self.app = app
        self.htmx = htmx
        self.raw = _Browser(app, app.response_class)
        self.page: Page | None = None

    def sign_in(self, someone: Someone, *, second_step: bool = True) -> PageClient:
        """Hold a session of `someone`, without the way through the login page; `second_step` says whether somebody of
        the staff has passed it."""
        token = Factories(self.app).session(someone, second_step=second_step)
        with self.raw.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True
        return self

    def get(self, path: str, **query: str) -> Page:
        """Open an address and follow where it leads. The page reached is also asked for as a fragment."""
        page = self._follow(self.raw.get(path, query_string=query or None, headers=self._headers()), path)
        if page.is_html and page.status == 200:
            fragment = self.raw.get(page.path, headers=HTMX)
            assert fragment.status_code == 200, f"{page.path} as fragment: {fragment.status_code}"
            check_fragment(page.path, fragment.get_data(as_text=True))
        return page

    def follow(self, page: Page, words: str) -> Page:
        """Click the link with these words."""
        assert words in page.links, f"{page.path} has no link «{words}»: {sorted(page.links)}"
        return self.get(urljoin(page.path, page.links[words]))

    def submit(
        self,
        page: Page,
        typed: Typed | None = None,
        *,
        button: str | None = None,
        action: str | None = None,
    ) -> Page:
        """Fill in a form of `page` and send it: the one that has the fields of `typed` and leads to `action`.

        What is not typed goes as the page has it. True and False tick a box. `button` is the words on the button,
        needed when the form has several with names.
        """
        form = page.form_with([*(typed or {})], action)
        for name, value in (typed or {}).items():
            _fill(form, name, value)
        sent = [*form.form_values()]
        if button is not None:
            sent += _button(form, button)
        data: dict[str, list[str]] = {}
        for name, value in sent:
            data.setdefault(name, []).append(value)
        return self._post(urljoin(page.path, form.get("action")), data)

    def post(self, path: str, data: Mapping[str, Any] | None = None, *, token: bool = True) -> Page:
        """Send anything to any address, by default with a token from the last page that had one."""
        known: dict[str, Any] = {}
        if token:
            page = self.page or self.get("/ingresar")
            found = page.document.xpath("//input[@name='csrf_token']/@value")
            known = {"csrf_token": found[0]} if found else {}
        return self._post(path, {**known, **(data or {})})

    def _post(self, path: str, data: Mapping[str, Any]) -> Page:
        return self._follow(self.raw.post(path, data=data, headers=self._headers()), path)

    def _headers(self) -> dict[str, str]:
        return dict(HTMX) if self.htmx else {}

    def _follow(self, response: TestResponse, path: str) -> Page:
        passed: list[str] = []
        address = response.request.full_path.rstrip("?")
        while True:
            check_headers(address, response)
            there = response.headers.get("HX-Redirect") or response.headers.get("Location")
            if there is None or (response.status_code >= 400 and "HX-Redirect" not in response.headers):
                break
            assert len(passed) < _MOST_REDIRECTS, f"going round: {passed}"
            assert not urlsplit(there).netloc, f"{address} leads out of the portal: {there}"
            passed.append(address)
            address = urljoin(address, there)
            # htmx keeps its headers on a 303 and loses them where the whole page changes.
            leaves = "HX-Redirect" in response.headers
            response = self.raw.get(address, headers={} if leaves else self._headers())
        page = self.page = Page(address, response.status_code, response, passed)
        is_told_when = page.status == 503 and "Retry-After" in response.headers
        assert page.status < 500 or is_told_when, f"{address} failed with {page.status}: see the log above"
        if page.is_html:
            whole = "<html" in page.html
            if whole:
                check_page(address, page.html)
            elif page.status in (200, 422):
                check_fragment(address, page.html)
        return page


def _names(form: FormElement) -> set[str]:
    return {control.get("name") for control in form.xpath(".//*[@name]")}


def _fill(form: FormElement, name: str, value: str | bool | Sequence[str]) -> None:
    controls = [control for control in form.xpath(".//input | .//select | .//textarea") if control.get("name") == name]
    control = controls[0]
    kind = control.get("type", "text") if control.tag == "input" else control.tag
    if isinstance(value, bool):
        assert kind == "checkbox", f"{name} is no box to tick"
        control.checked = value
    elif kind == "radio":
        offered = [one.get("value") for one in controls]
        assert value in offered, f"{name} offers {offered}, not {value!r}"
        for one in controls:
            one.checked = one.get("value") == value
    elif kind == "select":
        offered = control.value_options
        assert value in offered, f"{name} offers {offered}, not {value!r}"
        control.value = value
    elif kind == "checkbox":
        chosen = [value] if isinstance(value, str) else list(value)
        for one in controls:
            one.checked = one.get("value") in chosen
    elif kind == "textarea":
        control.text = str(value)
    else:
        assert kind != "hidden", f"{name} is hidden: nobody types it"
        control.set("value", str(value))


def _button(form: FormElement, words: str) -> list[tuple[str, str]]:
    for button in form.xpath(".//button[@type='submit']"):
        if "".join(button.xpath(".//text()[not(ancestor::*[@hidden])]")).split() == words.split():
            return [(button.get("name"), button.get("value", ""))] if button.get("name") else []
    raise AssertionError(f"no button «{words}»: {[_words(one) for one in form.xpath('.//button')]}")


def _words(element: HtmlElement | None) -> str:
    return "" if element is None else re.sub(r"\s+", " ", element.text_content()).strip()
