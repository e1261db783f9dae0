"""What a screen reader says of a page: Chromium's accessibility tree, told in the order in which it is read.

Words that change from day to day (dates, numbers, user names) are masked, so that a transcript stays the same until the
page itself changes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import CDPSession

from tests.pages.visitor import Visitor

_LISTEN = """() => {
    const regions = "[aria-live=polite],[aria-live=assertive],[role=status],[role=alert]";
    const said = (window.said = []);
    const say = node => {
        const words = (node.innerText ?? node.textContent).trim().replace(/\\s+/g, " ");
        if (words && said.at(-1) !== words) said.push(words);
    };
    const listen = () => new MutationObserver(changes => changes.forEach(change => change.addedNodes.forEach(node => {
        const alert = node.nodeType === 1 && (node.matches("[role=alert]") ? node : node.querySelector("[role=alert]"));
        if (change.target.closest?.(regions)) say(node);
        else if (alert) say(alert);
    }))).observe(document, { childList: true, subtree: true });
    document.addEventListener("DOMContentLoaded", listen);
}"""  # what stands in a page when it is loaded is read in its place, not announced
_MASKS = (
    (re.compile(r"\b[A-Z]{2,4}[-\u2011\u2060]+\d{4}[-\u2011\u2060]+\d{6}\b"), "〈número〉"),
    (re.compile(r"(?i)\b(lunes|martes|miércoles|jueves|viernes|sábado|domingo) \d+ de \w+( de \d{4})?\b"), "〈día〉"),
    (re.compile(r"Buen[oa]s (días|tardes|noches)"), "〈saludo〉"),
    (re.compile(r"\b\d\d/\d\d/20[2-9]\d\b"), "〈fecha〉"),
    (re.compile(r"\b(?!12:00)[012]?\d:[0-5]\d\b"), "〈hora〉"),
    (re.compile(r"\b20[2-9]\d\b"), "〈año〉"),
    (re.compile(r"(?<=\ben )\d+(?= s\b)"), "〈segundos〉"),
    (re.compile(r"(?<=«)[a-z]+\d{4}(?=»)"), "〈usuario〉"),
    (re.compile(r"(?<=〈hora〉, )(en camino|enviado)\b"), "〈estado〉"),  # the page may be read before the mail left
)
_REGIONS = {
    "banner": "cabecera",
    "navigation": "navegación",
    "main": "contenido principal",
    "complementary": "aparte",
    "contentinfo": "pie",
    "region": "región",
    "group": "grupo",
    "table": "tabla",
    "status": "aviso",
    "alert": "alerta",
}
_ALOUD = {
    "link": "enlace",
    "button": "botón",
    "DisclosureTriangle": "desplegable",
    "textbox": "campo de texto",
    "combobox": "lista desplegable",
    "radio": "opción",
    "checkbox": "casilla",
    "image": "imagen",
    "heading": "encabezado",
}
_AMONG_WORDS = {"link", "image", "DisclosureTriangle"}
_SEEN_THROUGH = {"generic", "none", "strong", "emphasis", "code", "time", "form", "insertion", "LayoutTable"}
_LEFT_OUT = {"ListMarker", "MenuListPopup", "LineBreak", "Legend", "InlineTextBox"}
_CONTINUED = {"definition", "cell", "gridcell", "columnheader", "rowheader"}


@dataclass
class ScreenReader:
    """Reads the pages of one visitor and keeps what it said."""

    visitor: Visitor
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.visitor.page.add_init_script(f"({_LISTEN})()")

    def tells(self, what: str) -> None:
        """What the person does now."""
        self.lines += ["", f"## {what}", ""]

    def reads(self, *, whole: bool = False) -> None:
        """What was announced since the last time, where the focus is, and the page: its content, or `whole`."""
        page = self.visitor.page
        self.visitor.is_settled()
        for said in page.evaluate("() => window.said.splice(0)"):
            self._keep(f"(se anuncia) {said}")
        speech = _Speech(page.context.new_cdp_session(page))
        self._keep(f"(título) {page.title()}")
        self._keep(f"(foco) {speech.focus() or 'el principio de la página'}")
        for line in speech.read(whole=whole):
            self._keep(line)

    def transcript(self, title: str, intro: str) -> str:
        """All of it, as a document."""
        return "\n".join([f"# {title}", "", intro, *self.lines]) + "\n"

    def _keep(self, line: str) -> None:
        for pattern, mask in _MASKS:
            line = pattern.sub(mask, line)
        words = line.lstrip()
        self.lines.append(f"{line[: len(line) - len(words)]}- {words}")


class _Speech:
    """One look at the accessibility tree, turned into lines."""

    def __init__(self, session: CDPSession) -> None:
        session.send("DOM.enable")
        nodes = session.send("Accessibility.getFullAXTree")["nodes"]
        document = session.send("DOM.getFlattenedDocument", {"depth": -1})["nodes"]
        session.detach()
        self._nodes: dict[str, dict[str, Any]] = {node["nodeId"]: node for node in nodes}
        self._root = nodes[0]
        self._attributes = {node["backendNodeId"]: node.get("attributes", []) for node in document}
        self._lines: list[str] = []
        self._line: list[str] = []
        self._depth = 0

    def focus(self) -> str:
        """What has the focus, unless that is the page itself."""
        focused = (one for one in self._nodes.values() if _states(one).get("focused") and _role(one) != "RootWebArea")
        return next((self._said(one) for one in focused), "")

    def read(self, *, whole: bool) -> list[str]:
        """The page's lines; without `whole` only its progress and its content."""
        parts = [self._root]
        if not whole:
            parts = [one for one in self._nodes.values() if _role(one) == "main" or self._class(one) == "steps"]
        for part in parts:
            self._walk(part)
            self._end_line()
        return self._lines

    def _walk(self, node: dict[str, Any]) -> None:
        role = _role(node)
        if node["ignored"] or role in _SEEN_THROUGH:
            self._walk_parts(node)
        elif role == "StaticText":
            self._line.append(_words(node, "name"))
        elif role in _ALOUD:
            self._speak(node)
        elif role == "LabelText":
            self._walk_label(node)
        elif role not in _LEFT_OUT:
            self._walk_block(node)

    def _speak(self, node: dict[str, Any]) -> None:
        if _role(node) in _AMONG_WORDS:
            self._line.append(f"[{self._said(node)}]")
            return
        self._end_line()
        self._line.append(self._said(node))
        self._end_line()

    def _walk_label(self, node: dict[str, Any]) -> None:
        """The words of a label are said with its control, which may lie inside."""
        for child in self._parts(node):
            if _role(child) in _ALOUD and not child["ignored"]:
                self._speak(child)
            else:
                self._walk_label(child)

    def _walk_block(self, node: dict[str, Any]) -> None:
        role = _role(node)
        if role not in _CONTINUED:
            self._end_line()
        named = role in _REGIONS and (role not in {"region", "group"} or _words(node, "name"))
        if named:
            self._lines.append("  " * self._depth + self._said(node))
        elif role == "list":
            self._lines.append("  " * self._depth + f"lista de {self._items(node)}")
        elif self._attribute(node, "aria-current"):
            self._line.append("(está aquí)")
        elif role in {"cell", "gridcell"} and self._line:
            self._line.append("|")
        deeper = int(bool(named or role == "list"))
        self._depth += deeper
        self._walk_parts(node)
        if role == "term":
            self._line.append(":")
        elif role not in _CONTINUED:
            self._end_line()
        self._depth -= deeper

    def _walk_parts(self, node: dict[str, Any]) -> None:
        for child in self._parts(node):
            self._walk(child)

    def _parts(self, node: dict[str, Any]) -> list[dict[str, Any]]:
        return [self._nodes[child] for child in node.get("childIds", []) if child in self._nodes]

    def _items(self, node: dict[str, Any]) -> int:
        return sum(self._items(one) if one["ignored"] else _role(one) == "listitem" for one in self._parts(node))

    def _end_line(self) -> None:
        words = " ".join(word for word in " ".join(self._line).split()).replace(" :", ":")
        words = words.replace("@ ", "@")  # an address may break there; it is one word
        if words:
            self._lines.append("  " * self._depth + words)
        self._line = []

    def _class(self, node: dict[str, Any]) -> str:
        return self._attribute(node, "class")

    def _attribute(self, node: dict[str, Any], name: str) -> str:
        flat = self._attributes.get(node.get("backendDOMNodeId"), [])
        return str(dict(zip(flat[::2], flat[1::2], strict=True)).get(name, ""))

    def _said(self, node: dict[str, Any]) -> str:
        """One node in words: what it is, its name, its state, its description, what was typed into it."""
        role, states = _role(node), _states(node)
        kind = _ALOUD.get(role) or _REGIONS.get(role, role)
        if "level" in states:
            kind += f" {states['level']}"
        if "protected" in self._attribute(node, "type") or self._attribute(node, "type") == "password":
            kind = "contraseña"
        more = [_words(node, "name")]
        more += [{"true": "marcada", "false": "sin marcar"}[states["checked"]]] if "checked" in states else []
        more += ["abierto" if states["expanded"] else "cerrado"] if role == "DisclosureTriangle" else []
        more += ["obligatorio"] if states.get("required") else []
        more += ["con error"] if states.get("invalid", "false") != "false" else []
        more += ["no disponible"] if states.get("disabled") else []
        more += ["está aquí"] if self._attribute(node, "aria-current") else []
        more += [
            _words(node, "description"),
            f"«{_words(node, 'value')}»" if role != "heading" and _words(node, "value") else "",
        ]
        return f"{kind}: " + ", ".join(word for word in more if word) if any(more) else kind


def _role(node: dict[str, Any]) -> str:
    role = str(node.get("role", {}).get("value", ""))
    renamed = {
        "DisclosureTriangleGrouped": "DisclosureTriangle",
        "img": "image",
        "DescriptionListTerm": "term",
        "DescriptionListDetail": "definition",
    }
    return renamed.get(role, role)


def _words(node: dict[str, Any], what: str) -> str:
    return " ".join(str(node.get(what, {}).get("value", "")).split())


def _states(node: dict[str, Any]) -> dict[str, Any]:
    return {one["name"]: one["value"].get("value") for one in node.get("properties", [])}
