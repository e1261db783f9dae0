"""S37: which papers will be asked for, before anything else is."""

from typing import Any

from portal.blueprints.claims.subject import Filing
from portal.domain.actor import Actor
from portal.services.claims import papers
from portal.web.forms import Form
from portal.web.wizard.step import Step


class PapersForm(Form):
    """Nothing is asked."""


class Papers(Step[Filing, PapersForm]):
    slug = "que-se-pide"
    title = "Qué se pide"
    template = "claims/papers.html"
    form_class = PapersForm

    def is_complete(self, filing: Filing) -> bool:
        return filing.claim is not None

    def words(self, filing: Filing, form: PapersForm) -> dict[str, Any]:
        return {"asked": papers.asked(filing.row)}

    def save(self, filing: Filing, form: PapersForm, actor: Actor) -> None:
        """It was read."""
