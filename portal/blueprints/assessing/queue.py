"""/gestion/siniestros: claims and notices, the nearest end of a clock first; claims are taken here, and given back."""

from datetime import date, datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any

from flask import flash, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.assessing import bp
from portal.domain import clock
from portal.domain.claim_stage import Stage
from portal.services.claims import queue, taking
from portal.services.claims.queue import Whose
from portal.web import htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import Form, submit

_LATE = "vencidos"  # a part of the list that is no stage
_LINES = 50  # of a page: a person's whole day, by keyboard


@bp.get("/gestion/siniestros")
@allow(Who.STAFF)
def index() -> Response:
    """The open claims and the notices, by whose they are and what is to be done."""
    return htmx.render("assessing/index.html", **_page())


@bp.post("/gestion/siniestros/siguiente")
@allow(Who.STAFF)
def take_next() -> Response:
    """Take the most pressing one that nobody has, and open it."""
    number, is_notice = taking.take_most_pressing(actor())
    flash(f"Tomó {number}.", "ok")
    return htmx.go(url_for("desk_notices.show" if is_notice else "assessing.show", number=number))


@bp.post("/gestion/siniestros/<number>/tomar")
@allow(Who.STAFF)
def take(number: str) -> Response:
    """Take one of the list, and open it."""
    return submit(
        Form(),
        lambda: taking.take(number, actor()),
        page=lambda: htmx.go(url_for("assessing.index")),
        done=lambda _: htmx.go(url_for("assessing.show", number=number)),
    )


@bp.post("/gestion/siniestros/<number>/dejar")
@allow(Who.STAFF)
def give_back(number: str) -> Response:
    """Let go of one, for somebody else to take."""

    def done(_: None) -> Response:
        flash(f"{number} quedó libre: otra persona puede tomarlo.", "ok")
        return htmx.go(url_for("assessing.index"))

    return submit(
        Form(),
        lambda: taking.give_back(number, actor()),
        page=lambda: htmx.go(url_for("assessing.index")),
        done=done,
    )


def _page() -> dict[str, Any]:
    whose = next((one for one in Whose if one == request.args.get("de")), Whose.EVERYBODY)
    asked = request.args.get("etapa", "")
    stage = next((one for one in Stage if one == asked), None)
    after = request.args.get("tras", "")
    found = queue.lines(actor(), whose, stage=stage, is_late=asked == _LATE, after=after, limit=_LINES + 1)
    shown = found[:_LINES]
    return {
        "counts": queue.counts(actor(), whose),
        "groups": [(name, list(group)) for name, group in groupby(shown, attrgetter("urgency"))],
        "next_key": shown[-1].number if len(found) > _LINES else None,
        "is_first": not after,
        "whose": whose,
        "stage": stage,
        "late": asked == _LATE,
        "chosen": {"etapa": asked} if stage or asked == _LATE else {},
        "me": actor().account_id,
    }


@bp.app_template_global()
def last_day(due_at: datetime) -> date:
    """The last day on which it is in time: `due_at` is the first moment that is too late."""
    return clock.lima(due_at - timedelta(microseconds=1)).date()
