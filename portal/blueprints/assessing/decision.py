"""The answer to a claim: proposed by one, confirmed or sent back by another, on the same page; its letters."""

from flask import flash, url_for
from werkzeug.wrappers import Response

from portal.blueprints.assessing import bp
from portal.blueprints.assessing.claim import CLAIM, page
from portal.blueprints.assessing.forms import APPROVE, ConfirmForm, ExcludeForm, ProposalForm, proposal_form
from portal.domain.claim import Outcome
from portal.domain.errors import NotFound
from portal.services.claims import assessment, exclusion, letters, resolutions, sums
from portal.services.claims.resolutions import Proposal
from portal.services.claims.sight import Sight
from portal.services.claims.sums import Facts
from portal.services.documents import store
from portal.web import downloads, drafts, htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import Form, submit, submitted
from portal.web.paging import LARGEST_KEY

_PARTY = f"{CLAIM}/personas/<int(max={LARGEST_KEY}):party_id>"


@bp.post(f"{CLAIM}/propuesta")
@allow(Who.STAFF)
@drafts.keeps(ProposalForm, page="assessing.show")
def propose(number: str) -> Response:
    """Write down what would be answered; or, by another button, count what would be paid."""
    found = assessment.get(number, actor())
    if isinstance(found, Sight):
        raise NotFound("No encontramos ese siniestro.")
    form = proposal_form(found)
    if submitted("calcular"):
        return submit(
            form,
            lambda: sums.of(found.claim, _proposal(form).facts, found.used),
            page=lambda: page(number, proposal=form),
            done=lambda preview: page(number, proposal=form, preview=preview),
        )

    def use_case() -> None:
        resolutions.propose(number, _proposal(form), actor(), shown=form.visto.data or "")

    said = "Quedó propuesto. Falta que lo confirme un supervisor que no sea usted; mientras tanto nada cambia."
    return submit(form, use_case, page=lambda: page(number, proposal=form), done=lambda _: _back(number, said))


@bp.post(f"{CLAIM}/decision")
@allow(Who.SUPERVISOR)
def decide(number: str) -> Response:
    """Confirm what another person proposed, or send it back."""
    form, confirms = ConfirmForm(), submitted("confirmar")

    def use_case() -> None:
        decision = form.propuesta.data
        if confirms:
            resolutions.confirm(number, actor(), decision=decision, shown=form.visto.data or "")
        else:
            resolutions.send_back(number, form.porque.data or "", actor(), decision=decision)

    said = "Confirmado: salen las cartas y los correos." if confirms else "Devuelto a quien lo propuso."
    return submit(form, use_case, page=lambda: page(number, confirm=form), done=lambda _: _back(number, said))


@bp.post(f"{_PARTY}/excluir")
@allow(Who.STAFF)
def exclude(number: str, party_id: int) -> Response:
    """Somebody loses their share."""
    form = ExcludeForm()
    return submit(
        form,
        lambda: exclusion.exclude(number, party_id, form.motivo.data or "", actor()),
        page=lambda: page(number, excluded=form),
        done=lambda _: _back(number, "Esa persona ya no cobra: su parte crece en las demás."),
    )


@bp.post(f"{_PARTY}/incluir")
@allow(Who.STAFF)
def readmit(number: str, party_id: int) -> Response:
    """Somebody has their share again."""
    form = Form()
    return submit(
        form,
        lambda: exclusion.readmit(number, party_id, actor()),
        page=lambda: page(number, readmitted=form),
        done=lambda _: _back(number, "Esa persona cobra otra vez su parte."),
    )


@bp.get(f"{CLAIM}/carta/<int(max={LARGEST_KEY}):award_id>")
@allow(Who.STAFF)
def letter(number: str, award_id: int) -> Response:
    """The letter to one person."""
    found = letters.of(number, award_id, actor())
    return downloads.pdf(*store.content(found, actor()), back=url_for("assessing.show", number=number))


def _proposal(form: ProposalForm) -> Proposal:
    approves = form.que.data == APPROVE
    return Proposal(
        outcome=Outcome.APPROVE if approves else Outcome.REJECT,
        facts=Facts(days=form.dias.data, spent=form.spent) if approves else Facts(),
        ground=form.base.data or "",
        words=form.carta.data or "",
        note=form.aviso.data or "",
    )


def _back(number: str, words: str) -> Response:
    flash(words, "ok")
    return htmx.go(url_for("assessing.show", number=number))
