"""A strict thumb: what a way through the portal costs, counted as somebody does it on a phone.

Every press counts: a button, a link, a box, a field before it is typed into, though it may have the focus already. A
native list is two, opening and choosing, and something pasted two, the field and "Pegar". Letters are counted apart.
"""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Locator, expect

from tests.pages.visitor import Visitor

_TAP, _SCREEN = 3, 10  # seconds; a letter takes one


@dataclass
class Thumb:
    """Presses and types on any page by what stands there. What it can't find fails."""

    visitor: Visitor
    taps: int = 0
    letters: int = 0
    screens: int = 0

    def sees(self, heading: str) -> None:
        """Read another screen."""
        expect(self.visitor.page.get_by_role("heading", level=1)).to_contain_text(heading)
        self.screens += 1

    def press(self, button: str) -> None:
        self._tap(self.visitor.main.get_by_role("button", name=button, exact=True))

    def follow(self, link: str, *, exact: bool = True) -> None:
        self._tap(self.visitor.page.get_by_role("link", name=link, exact=exact).locator("visible=true").first)

    def tick(self, label: str) -> None:
        """A box or a choice, by its words or their beginning."""
        box = self.visitor.main.get_by_label(label).locator("visible=true").first
        self._tap(box)
        expect(box).to_be_checked()

    def open_mail(self, link: str) -> None:
        """The link of a mail."""
        self.taps += 1
        self.visitor.go(link)

    def write(self, label: str, words: str) -> None:
        """A field of the page by its label."""
        self._enter(self._field(label), words)
        self.letters += len(words)

    def paste(self, label: str, words: str) -> None:
        self.taps += 1
        self._enter(self._field(label), words)

    def choose(self, label: str, option: str) -> None:
        """From a native list."""
        self.taps += 2
        self._field(label).select_option(label=option)
        self.visitor.is_settled()

    def give_code(self, code: str, button: str) -> None:
        """Six digits, which a script sends by itself."""
        self.visitor.is_settled()
        self.write("Código de 6 dígitos", code)
        if not self.visitor.has_script:
            self.press(button)

    @property
    def seconds(self) -> int:
        """What it takes to press, type and read all this."""
        return self.taps * _TAP + self.letters + self.screens * _SCREEN

    def _field(self, label: str) -> Locator:
        controls = self.visitor.page.locator("input, select, textarea")
        return self.visitor.main.get_by_label(label, exact=True).and_(controls)

    def _tap(self, wanted: Locator) -> None:
        self.taps += 1
        wanted.click()

    def _enter(self, field: Locator, words: str) -> None:
        """As keys give it, so that what comes by itself comes."""
        self.visitor.is_settled()
        self._tap(field)
        field.press("Control+a")
        field.press_sequentially(words)
