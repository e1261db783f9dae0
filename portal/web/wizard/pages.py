"""What the three routes of a flow answer: go on where it stands, see a step, answer it."""

from typing import Any

from werkzeug.wrappers import Response

from portal.web import htmx
from portal.web.actor import actor
from portal.web.forms import Form, submit
from portal.web.wizard.flow import Flow
from portal.web.wizard.step import Stay, Step, Subject
from portal.web.wizard.walk import Walk


def go_on(flow: Flow[Subject], key: str) -> Response:
    """To the first step that needs an answer, or out when all is over."""
    subject = flow.load(key)
    end = flow.end(subject)
    if end is not None:
        return htmx.go(end)
    return htmx.go(flow.address(subject, Walk(flow, subject).current))


def show(flow: Flow[Subject], key: str, slug: str) -> Response:
    """A step, unless the subject has moved past it or not come to it."""
    walk = Walk(flow, flow.load(key))
    step = walk.find(slug)
    elsewhere = _elsewhere(flow, walk, step)
    if elsewhere is not None:
        return elsewhere
    form = step.form(walk.subject)
    return htmx.render(step.template, form=form, **_words(flow, walk, step, form))


def again(flow: Flow[Subject], key: str, slug: str, status: int, **words: Any) -> Response:
    """The step as it is, with more words: what was sent beside its form could not be taken."""
    walk = Walk(flow, flow.load(key))
    step = walk.find(slug)
    form = step.form_class(formdata=None)
    return htmx.render(step.template, status, form=form, **_words(flow, walk, step, form), **words)


def answer(flow: Flow[Subject], key: str, slug: str) -> Response:
    """Keep a step's answer and go on to the next; the same page with its errors when it can't be kept (422)."""
    subject = flow.load(key)
    walk = Walk(flow, subject)
    step = walk.find(slug)
    elsewhere = _elsewhere(flow, walk, step)
    if elsewhere is not None:
        return elsewhere
    form = step.form(subject)

    def page() -> Response:
        now = Walk(flow, flow.load(key))
        return htmx.invalid(step.template, form, **_words(flow, now, step, form))

    return submit(
        form,
        lambda: step.save(subject, form, actor()),
        page=page,
        done=lambda stay: _after(flow, subject, step, stay),  # as it was saved: read again only if let go
        needs_shape=step.needs_shape(form),
    )


def _elsewhere(flow: Flow[Subject], walk: Walk[Subject], step: Step[Subject, Any]) -> Response | None:
    """Where to go instead of `step`, when it can't be stood on now."""
    end = flow.end(walk.subject, step)
    if end is not None:
        return htmx.leave(end)
    return None if walk.may_stand(step) else htmx.go(flow.address(walk.subject, walk.current))


def _after(flow: Flow[Subject], subject: Subject, step: Step[Subject, Any], stay: Stay | None) -> Response:
    """Where the answer, now kept, leads."""
    if stay is not None:
        return htmx.go(flow.address(subject, step, **stay.query))
    end = flow.end(subject)
    if end is not None:
        return htmx.go(end)
    return htmx.go(flow.address(subject, Walk(flow, subject).after(step)))


def _words(flow: Flow[Subject], walk: Walk[Subject], step: Step[Subject, Any], form: Form) -> dict[str, Any]:
    return walk.words(step) | flow.words(walk.subject) | step.words(walk.subject, form)
