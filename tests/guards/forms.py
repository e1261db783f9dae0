"""Every form of the portal, by its class."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from wtforms.fields.core import UnboundField

from portal.web.forms import Form

_ROOT = Path(__file__).resolve().parents[2]


def _below(form: type[Form]) -> list[type[Form]]:
    return [form, *(below for one in form.__subclasses__() for below in _below(one))]


for _module in sorted((_ROOT / "portal" / "blueprints").rglob("*.py")):
    import_module(".".join(_module.relative_to(_ROOT).with_suffix("").parts).removesuffix(".__init__"))

FORMS = [form for form in _below(Form) if form.__module__.startswith("portal.")]
# What they call their fields, and what routes read beside them.
FIELDS = sorted(
    {name for form in FORMS for name in dir(form) if isinstance(getattr(form, name), UnboundField)}
    | {"persona", "quitar", "agregar", "ver", "enviar"}
)
