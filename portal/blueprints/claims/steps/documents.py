"""S39: the papers that are at hand, each in a request of its own; the others come later."""

from typing import Any

from flask import request

from portal.blueprints.claims.subject import Filing
from portal.domain.actor import Actor
from portal.domain.claim import PaperState
from portal.services.claims import attachments
from portal.web.actor import actor as current_actor
from portal.web.forms import Form
from portal.web.wizard.step import Step


class DocumentsForm(Form):
    """The files are forms of their own."""


class Documents(Step[Filing, DocumentsForm]):
    slug = "documentos"
    title = "Documentos"
    template = "claims/documents.html"
    form_class = DocumentsForm

    def is_complete(self, filing: Filing) -> bool:
        return filing.claim is not None

    def is_done(self, filing: Filing) -> bool:
        """Something came, which only this page takes."""
        return any(paper.state is PaperState.RECEIVED for paper in filing.row.papers)

    def words(self, filing: Filing, form: DocumentsForm) -> dict[str, Any]:
        return {"sent": attachments.of(filing.row, current_actor()), "instead": request.args.get("sin", type=int)}

    def save(self, filing: Filing, form: DocumentsForm, actor: Actor) -> None:
        """What came is kept already."""
