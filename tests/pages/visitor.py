"""A person at a browser: one tab of Chromium, and what is wrong in it whatever it shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Download, Locator, Page, Request, Response, expect

#: What a telephone and a desktop show, in pixels.
SIZES = (360, 740), (1280, 900)
_ANSWERED = "Failed to load resource: the server responded with a status of 4"
_TELL_VIOLATIONS = """addEventListener("securitypolicyviolation", event =>
    console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`))"""


@dataclass
class Visitor:
    """`has_script` is False for a browser without JavaScript. `presses_twice` is the thumb that always does.
    `faults` collects what no page may ever do."""

    page: Page
    url: str
    has_script: bool = True
    presses_twice: bool = False
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.add_init_script(_TELL_VIOLATIONS)
        self.page.on("console", self._check_console)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("request", self._check_origin)
        self.page.on("response", self._check_status)

    def go(self, path: str) -> Response | None:
        """Type an address."""
        return self.page.goto(path if "://" in path else self.url + path)

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path

    @property
    def main(self) -> Locator:
        return self.page.locator("main")

    @property
    def notices(self) -> Locator:
        """The live region over every page."""
        return self.page.locator("#avisos")

    @property
    def mistakes(self) -> Locator:
        """The summary of what must be corrected."""
        return self.page.locator(".error-summary")

    def sees(self, heading: str) -> None:
        """The page's h1 is this; waits for it."""
        expect(self.page.get_by_role("heading", level=1, name=heading, exact=True)).to_be_visible()

    def has_come(self) -> None:
        """The page is whole: a click ends with the first byte of the answer, before there is anything to look at."""
        self.page.wait_for_load_state()

    def is_settled(self) -> None:
        """Nothing is on its way and everything that came works: htmx takes 20 ms to wire what it swapped in."""
        self.has_come()
        expect(self.page.locator(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")).to_have_count(0)
        if self.has_script:
            expect(self.page.locator("[data-scripted][hidden], [data-wait]")).to_have_count(0)

    def press(self, button: str) -> None:
        found = self.main.get_by_role("button", name=button, exact=True)
        found.click(click_count=2 if self.presses_twice else 1)

    def follow(self, link: str, *, exact: bool = True) -> None:
        self.main.get_by_role("link", name=link, exact=exact).click()

    def write(self, **fields: str) -> None:
        """Fill fields of the page by their form names; the desk's search over it is none of them."""
        for name, value in fields.items():
            self.main.locator(f"[name={name}]:visible").fill(value)

    def give_code(self, code: str, button: str) -> None:
        """Type a code of six digits: with a script the sixth sends it."""
        self.is_settled()
        self.write(codigo=code)
        if not self.has_script:
            self.press(button)

    def choose(self, **fields: str) -> None:
        """Choose from lists by their form names and the words that they show."""
        for name, words in fields.items():
            self.page.locator(f"select[name={name}]").select_option(label=words)

    def download(self, start: Callable[[], None]) -> Download:
        """The file that `start` asks for; while it is being made the page says so and asks again by itself."""
        with self.page.expect_download() as got:
            with self.page.expect_response(_is_of_a_pdf) as answer:
                start()
            must_wait = answer.value.status == 202
            if must_wait and self.has_script:
                self.sees("Su PDF está listo")
                self.follow("Descargar PDF")
        if must_wait:
            self.follow("Volver")
        return got.value

    def _check_console(self, message: ConsoleMessage) -> None:
        """The browser's own line about a page that says what must be corrected is no fault of that page."""
        if message.type == "error" and not message.text.startswith(_ANSWERED):
            self.faults.append(f"console: {message.text}")

    def _check_origin(self, request: Request) -> None:
        if not request.url.startswith((self.url + "/", "data:image/")):
            self.faults.append(f"leaves the portal: {request.url}")

    def _check_status(self, response: Response) -> None:
        if response.status >= 500:
            self.faults.append(f"{response.status}: {response.url}")


def _is_of_a_pdf(answer: Response) -> bool:
    """The first look for the file, not the press that orders it."""
    return answer.url.endswith("/pdf") and answer.request.method == "GET"
