"""The portal on the home screen of a phone: its manifest and its icons."""

from __future__ import annotations

import json
import re
import struct
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.web.assets import SOURCE

TOKENS = (SOURCE / "css/portal/tokens.css").read_text()


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    return app.test_client()


def linked(browser: FlaskClient, rel: str) -> str:
    html = browser.get("/ingresar").text
    (address,) = re.findall(rf'<link rel="{rel}" href="([^"]+)"', html)
    return str(address)


@pytest.fixture
def manifest(browser: FlaskClient) -> dict[str, Any]:
    answer = browser.get(linked(browser, "manifest"), buffered=True)
    assert answer.mimetype == "application/manifest+json"
    assert "immutable" in answer.headers["Cache-Control"]
    found: dict[str, Any] = json.loads(answer.data)
    return found


def size_of(png: bytes) -> str:
    assert png.startswith(b"\x89PNG")
    return "{}x{}".format(*struct.unpack(">II", png[16:24]))


def test_a_phone_may_put_it_on_its_home_screen(browser: FlaskClient, manifest: dict[str, Any]) -> None:
    assert (manifest["name"], manifest["lang"], manifest["start_url"]) == ("MASSIV", "es-PE", "/inicio")
    assert manifest["display"] == "standalone"
    folder = linked(browser, "manifest").rpartition("/")[0]
    found = set()
    for icon in manifest["icons"]:
        answer = browser.get(f"{folder}/{icon['src']}", buffered=True)
        assert (answer.status_code, answer.mimetype, size_of(answer.data)) == (200, icon["type"], icon["sizes"])
        found.add((icon["sizes"], icon["purpose"]))
    assert {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")} <= found


def test_an_iphone_finds_its_icon(browser: FlaskClient) -> None:
    assert size_of(browser.get(linked(browser, "apple-touch-icon"), buffered=True).data) == "180x180"


def test_the_policy_of_content_lets_the_manifest_in(browser: FlaskClient) -> None:
    assert "manifest-src 'self'" in browser.get("/ingresar").headers["Content-Security-Policy"]


def test_it_opens_in_the_colours_of_the_portal(manifest: dict[str, Any]) -> None:
    token = dict(re.findall(r"--(cert|page): (#\w+)", TOKENS.partition("@media")[0]))
    assert manifest["theme_color"] == token["cert"]
    assert manifest["background_color"] == token["page"]


def test_its_shortcuts_lead_to_pages_that_exist(app: Flask, manifest: dict[str, Any]) -> None:
    router = app.url_map.bind("localhost")
    for address in (manifest["start_url"], *(shortcut["url"] for shortcut in manifest["shortcuts"])):
        router.match(address, "GET")
