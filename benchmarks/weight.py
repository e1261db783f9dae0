"""Bytes on the wire and memory of a process."""

from __future__ import annotations

import gzip
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks import journey
from benchmarks.browser import Browser
from benchmarks.rates import STEPS, signed_in
from benchmarks.stage import Served, Stage
from benchmarks.table import Row

CHROMIUM = "/usr/bin/chromium-headless-shell"


def measure(stage: Stage, _rounds: int, _seconds: float) -> list[Row]:
    browser, mail = signed_in(stage)
    purchase = journey.up_to_payment(browser, mail)
    return [*_bytes(stage, browser, purchase), *memory(stage.portal)]


def _bytes(stage: Stage, browser: Browser, purchase: str) -> list[Row]:
    swaps = {
        slug: _gzipped(f"{stage.portal.url}{purchase}/{slug}", {"Cookie": browser.cookie, "HX-Request": "true"})
        for slug in STEPS
    }
    biggest = max(swaps, key=lambda slug: swaps[slug])
    return [
        *(_first_visit(stage, address) for address in ("/ingresar", "/productos", f"/productos/{journey.PRODUCT}")),
        Row("largest swap of the wizard, gzipped", [swaps[biggest] / 1024], "KB", at_most=5, note=biggest),
    ]


def _first_visit(stage: Stage, address: str) -> Row:
    visit = [_gzipped(one) for one in _asked_for(stage.portal.url + address)]
    return Row(f"first visit to {address}, gzipped", [sum(visit) / 1024], "KB", at_most=60, note=f"{len(visit)} files")


def _asked_for(address: str) -> list[str]:
    """Everything that Chromium asks for on a first visit."""
    asked: list[str] = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = chromium.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address, wait_until="networkidle")
        chromium.close()
    return [one for one in dict.fromkeys(asked) if one.startswith("http")]


def _gzipped(address: str, headers: dict[str, str] | None = None) -> int:
    """Bytes of the body as a proxy that compresses sends it; a font, already packed, as it is."""
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers or {}), timeout=10) as answer:
        body = answer.read()
    return min(len(body), len(gzip.compress(body, 6)))


def memory(server: Served) -> list[Row]:
    """Of each web process, after all that was asked of it: resident, and its own share of what is shared."""
    rolls = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in server.workers()]
    sizes = {name: [_megabytes(roll, name) for roll in rolls] for name in ("Rss", "Pss")}
    return [
        Row("a web process, resident", sizes["Rss"], "MB", at_most=110),
        Row("a web process, its share (PSS)", sizes["Pss"], "MB"),
    ]


def _megabytes(roll: str, name: str) -> float:
    (line,) = (line for line in roll.splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) / 1024
