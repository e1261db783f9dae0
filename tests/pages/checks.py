"""What every page of the portal keeps, whatever it shows."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

import lxml.html
from lxml.html import HtmlElement
from werkzeug.test import TestResponse

from tests.processes import ROOT

_VARY = ("HX-Request", "HX-History-Restore-Request")
_REFERENCES = ("for", "aria-labelledby", "aria-describedby", "aria-controls")


# A mail as it was sent is no page of ours: its styles are its own, and it may do nothing.
_STORED_MAIL = re.compile(r"(/comunicaciones|/gestion/clientes/[0-9]+/correos)/[0-9]+/como-se-envio")
_MAIL_POLICY = {
    *("default-src 'none'", "style-src 'unsafe-inline'", "img-src data:"),
    *("form-action 'none'", "base-uri 'none'", "frame-ancestors 'self'"),
    "sandbox allow-popups allow-popups-to-escape-sandbox",
}


def is_stored_mail(path: str, response: TestResponse) -> bool:
    """Whether this is the HTML part of a mail, on one of the addresses that give it."""
    return bool(_STORED_MAIL.fullmatch(path)) and response.status_code == 200


def check_headers(path: str, response: TestResponse) -> None:
    """Every answer of the application, redirects and files too."""
    headers = response.headers
    policy = headers.get("Content-Security-Policy", "")
    is_ours = not is_stored_mail(path, response)
    problems = [
        (policy.startswith("default-src 'none'"), "content policy"),
        ("frame-ancestors 'none'" in policy or not is_ours, "content policy"),
        ("unsafe" not in policy or not is_ours, "content policy"),
        (is_ours or set(policy.split("; ")) == _MAIL_POLICY, "content policy of a mail"),
        (headers.get("X-Content-Type-Options") == "nosniff", "nosniff"),
        (headers.get("Referrer-Policy") is not None, "Referrer-Policy"),
        (_camera(response) in headers.get("Permissions-Policy", ""), "Permissions-Policy"),
        ("no-store" in headers.get("Cache-Control", ""), "no-store"),
        (all(name in headers.get("Vary", "") for name in _VARY), "Vary"),
        (response.status_code not in (429, 503) or headers.get("Retry-After", "").isdigit(), "Retry-After"),
    ]
    _fail(path, [f"header: {name}" for good, name in problems if not good])


def _camera(response: TestResponse) -> str:
    """What must be said of the camera where a page has one."""
    has_one = response.mimetype == "text/html" and b"data-camera" in response.get_data()
    return "camera=(self)" if has_one else "camera=("


def check_page(path: str, html: str) -> None:
    """A whole document."""
    document = lxml.html.document_fromstring(html)
    problems = []
    if document.get("lang") != "es-PE":
        problems.append("lang is not es-PE")
    if "user-scalable" in html or "maximum-scale" in html:
        problems.append("zoom is disabled")
    if len(document.xpath("//main")) != 1:
        problems.append("not exactly one main")
    _fail(path, problems + _content(document) + _references(document))


def check_fragment(path: str, html: str) -> None:
    """What htmx swaps into the region."""
    problems = []
    if "<html" in html or "<head" in html:
        problems.append("a whole document was sent as fragment")
    if not html.lstrip().startswith("<title>"):
        problems.append("a fragment begins with its title")
    _fail(f"{path} (fragment)", problems + _content(lxml.html.document_fromstring(f"<body>{html}</body>")))


def _content(document: HtmlElement) -> list[str]:
    return [
        problem
        for check in (_outline, _identifiers, _labels, _buttons, _forms, _htmx, _inline, _words_left_over)
        for problem in check(document)
    ]


def _outline(document: HtmlElement) -> list[str]:
    titles = [title.text_content().strip() for title in document.xpath("//title[not(ancestor::svg)]")]
    problems = [] if len(titles) == 1 and len(titles[0]) > len("· MASSIV") else [f"title: {titles}"]
    headings = document.xpath("//h1[not(ancestor::template)]")
    return problems + ([] if len(headings) == 1 else [f"{len(headings)} h1"])


def _identifiers(document: HtmlElement) -> list[str]:
    return [f"id {name} {count} times" for name, count in Counter(document.xpath("//@id")).items() if count > 1]


def _references(document: HtmlElement) -> list[str]:
    known = set(document.xpath("//@id"))
    wanted = [
        (attribute, name)
        for attribute in _REFERENCES
        for value in document.xpath(f"//@{attribute}")
        for name in value.split()
    ]
    wanted += [("href", link[1:]) for link in document.xpath("//a/@href") if link.startswith("#")]
    return [f"{attribute} names {name!r}, which is not there" for attribute, name in wanted if name not in known]


def _labels(document: HtmlElement) -> list[str]:
    labelled = set(document.xpath("//label/@for"))
    problems = []
    for control in document.xpath("//input | //select | //textarea"):
        if control.get("type") in ("hidden", "submit", "button"):
            continue
        named = control.get("aria-label") or control.get("aria-labelledby") or control.get("id") in labelled
        if not named and not control.xpath("ancestor::label"):
            problems.append(f"no label: {control.get('name')}")
    # A browser would cut what is pasted, without a word.
    problems += [f"cut at {long}" for long in document.xpath("//@maxlength")]
    problems += [f"no alt: {image.get('src')}" for image in document.xpath("//img[not(@alt)]")]
    problems += [f"button without type: {_start(button)}" for button in document.xpath("//button[not(@type)]")]
    unnamed = "//a[not(normalize-space(.)) and not(@aria-label) and not(.//*[@aria-label or @alt != ''])]"
    return problems + [f"link without words: {link.get('href')}" for link in document.xpath(unnamed)]


def _buttons(document: HtmlElement) -> list[str]:
    drawn = {name for value in document.xpath("//*[contains(@class, 'btn')]/@class") for name in value.split()}
    unknown = {name for name in drawn if name.startswith("btn")} - _buttons_of_the_sheets()
    return [f"button of no style: {name}" for name in sorted(unknown)]


@cache
def _buttons_of_the_sheets() -> set[str]:
    sheets = (ROOT / "portal" / "static").rglob("*.css")
    return {name for sheet in sheets for name in re.findall(r"\.(btn[\w-]*)", sheet.read_text())}


def _forms(document: HtmlElement) -> list[str]:
    problems = []
    for form in document.xpath("//form"):
        action, method = form.get("action"), (form.get("method") or "").lower()
        if not action or method not in ("get", "post"):
            problems.append(f"form without action or method: {_start(form)}")
        if method == "post" and not form.xpath(".//input[@name='csrf_token'][string-length(@value) > 20]"):
            problems.append(f"form without its token: {action}")
        if form.get("hx-post", action if method == "post" else None) != (action if method == "post" else None):
            problems.append(f"hx-post is not the action: {action}")
        if form.get("hx-get", action) != action:
            problems.append(f"hx-get is not the action: {action}")
    problems += [f"nested form: {form.get('action')}" for form in document.xpath("//form//form")]
    return problems


def _htmx(document: HtmlElement) -> list[str]:
    problems = []
    for element in document.xpath("//*[@hx-get or @hx-post or @hx-put or @hx-patch or @hx-delete]"):
        if element.get("hx-target") is None:
            problems.append(f"no target: {_start(element)}")
        if element.tag == "a" and element.get("href") != element.get("hx-get"):
            problems.append(f"href and hx-get differ: {_start(element)}")
        if element.tag not in ("a", "form") and not element.get("hx-trigger") and not element.xpath("ancestor::form"):
            problems.append(f"does nothing without script: {_start(element)}")
    problems += [f"trigger filter: {value}" for value in document.xpath("//@hx-trigger") if "[" in value]
    return problems + [
        f"js in hx-vals: {v}" for v in document.xpath("//@hx-vals") if v.lstrip().startswith(("js:", "j"))
    ]


def _inline(document: HtmlElement) -> list[str]:
    problems = [f"style element or attribute: {_start(one)}" for one in document.xpath("//style | //*[@style]")]
    problems += [f"inline script: {_start(one)}" for one in document.xpath("//script[not(@src)]")]
    for element in document.iter():
        for name, value in element.attrib.items() if isinstance(element.tag, str) else ():
            if name.startswith(("on", "hx-on", "data-hx-on")):
                problems.append(f"inline handler {name}: {_start(element)}")
            if name in ("href", "action", "src") and value.strip().lower().startswith("javascript:"):
                problems.append(f"script as address: {_start(element)}")
    return problems


def _words_left_over(document: HtmlElement) -> list[str]:
    text = " ".join(document.xpath("//body//text()[not(ancestor::script)]"))
    left_over = re.findall(r"\{\{|\}\}|\{%|%\}|\bNone\b|<[\w.]+ object at|\bPurchaseState\b|\bPaymentState\b", text)
    left_over += re.findall(r"\b20\d\d-\d\d-\d\d\b", text)  # people write dd/mm/aaaa
    return [f"left over in the text: {left_over}"] if left_over else []


def _start(element: HtmlElement) -> str:
    return str(lxml.html.tostring(element, encoding="unicode"))[:120]


def _fail(path: str, problems: list[str]) -> None:
    assert not problems, f"{path}:\n" + "\n".join(f"- {problem}" for problem in problems)
