"""What every screen must keep for people who see badly, use a keyboard, or hold a small phone."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator

from tests.pages.visitor import SIZES, Visitor

_AXE = Axe()
_EVERY_RULE: dict[str, Any] = {"resultTypes": ["violations"]}
_CONTRAST: dict[str, Any] = _EVERY_RULE | {"runOnly": ["color-contrast"]}
_MOST_TABS = 120
_FOCUS = """() => {
    const at = document.activeElement, box = at.getBoundingClientRect();
    const styles = [at, at.closest("label.choice")].filter(Boolean).map(one => getComputedStyle(one));
    const over = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height / 2, 24));
    return {
        outlined: styles.some(style => parseFloat(style.outlineWidth) >= 2 && style.outlineStyle !== "none"),
        inside: over !== null && (at.contains(over) || over.contains(at)),
        what: at.outerHTML.slice(0, 160),
    };
}"""  # what lies over its middle is its own, not a bar of the page
_CUT_OFF = """() => {
    const cut = [], words = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
    const clips = one => getComputedStyle(one).overflowX === "hidden";
    while (words.nextNode()) {
        let frame = words.currentNode.parentElement;
        while (frame && !clips(frame)) frame = frame.parentElement;
        const range = document.createRange();
        range.selectNodeContents(words.currentNode);
        const isSeen = frame && frame.clientWidth > 8;  // what only a screen reader says stands in a frame of one pixel
        if (isSeen && range.getBoundingClientRect().right > frame.getBoundingClientRect().right + 0.5)
            cut.push(words.currentNode.data.trim());
    }
    return cut;
}"""


_BOTTOMS = """() => [...document.querySelectorAll("main .btn-primary, main input:not([type=hidden])")]
    .filter(one => one.checkVisibility() && !one.closest("details"))
    .map(one => one.getBoundingClientRect().bottom + scrollY)
"""


def problems(visitor: Visitor) -> list[str]:
    """What is wrong with the screen that is shown now, in its light and its dark colours. Ends in light ones."""
    visitor.has_come()
    # Where no script runs axe would wait for its own for ever: only what stands too wide or cut off is looked at there.
    found = _by_axe(visitor) if visitor.has_script else []
    width, room = visitor.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    if width > room:
        found.append(f"{width} px wide where there are {room}: {_widest(visitor)}")
    found += [f"cut off: {what}" for what in visitor.page.evaluate(_CUT_OFF)]
    return found


def is_sound(visitor: Visitor) -> None:
    """Nothing is wrong with the screen on a telephone or on a desktop."""
    own = visitor.page.viewport_size
    assert own
    for width, height in SIZES:
        visitor.page.set_viewport_size({"width": width, "height": height})
        assert not (found := problems(visitor)), f"{visitor.path} at {width} px: {found}"
    visitor.page.set_viewport_size(own)


def in_reach(visitor: Visitor) -> None:
    """On a phone the fields of the screen and the button that sends them stand in its first 740 px; what only some want
    stands under it, closed or outlined."""
    own = visitor.page.viewport_size
    assert own
    visitor.page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})
    bottoms = visitor.page.evaluate(_BOTTOMS)
    visitor.page.set_viewport_size(own)
    assert bottoms, f"{visitor.path} has no primary button"
    assert max(bottoms) <= SIZES[0][1], f"{visitor.path}: {bottoms}"


def tab_to(visitor: Visitor, wanted: Locator) -> None:
    """Press Tab until `wanted` has the focus; wherever it stops on the way, a person sees it."""
    for _ in range(_MOST_TABS):
        visitor.page.keyboard.press("Tab")
        focus = visitor.page.evaluate(_FOCUS)
        assert focus["outlined"], f"the focus cannot be seen on {focus['what']}"
        assert focus["inside"], f"the focus is out of sight on {focus['what']}"
        if wanted.evaluate("wanted => wanted === document.activeElement"):
            return
    raise AssertionError(f"no Tab leads to {wanted}")


def _by_axe(visitor: Visitor) -> list[str]:
    if not visitor.page.evaluate("'axe' in window"):  # once a page, for both colours and for what is swapped into it
        visitor.page.evaluate(_AXE.axe_script)
    found = _violations(visitor, _EVERY_RULE)
    visitor.page.emulate_media(color_scheme="dark")
    found += [f"dark: {line}" for line in _violations(visitor, _CONTRAST)]
    visitor.page.emulate_media(color_scheme="light")
    return found


def _violations(visitor: Visitor, options: dict[str, Any]) -> list[str]:
    answer = visitor.page.evaluate("options => axe.run(options)", options)
    return [
        f"{violation['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for violation in answer["violations"]
        for node in violation["nodes"]
    ]


def _widest(visitor: Visitor) -> list[str]:
    found: list[str] = visitor.page.evaluate(
        """() => [...document.querySelectorAll("body *")]
            .filter(one => one.getBoundingClientRect().right > innerWidth + 0.5).slice(-3)
            .map(one => one.outerHTML.slice(0, 120))"""
    )
    return found
