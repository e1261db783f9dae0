"""Where somebody may stand: the steps that a subject has, and which of them are done."""

from typing import Any, Generic

from flask import abort

from portal.web.wizard.flow import Flow
from portal.web.wizard.step import Step, Subject


class Walk(Generic[Subject]):
    """One subject's way. Which steps are complete is asked once, as the answers now stand."""

    def __init__(self, flow: Flow[Subject], subject: Subject) -> None:
        self.subject = subject
        self._flow = flow
        self._steps = [step for step in flow.steps if step.is_applicable(subject)]
        self._complete = [step.is_complete(subject) for step in self._steps]
        last = len(self._steps) - 1
        self._is_settled = flow.is_settled(subject)
        self._open_at = last if self._is_settled or all(self._complete) else self._complete.index(False)

    @property
    def current(self) -> Step[Subject, Any]:
        """The first step that is not complete; the last one when all are, or when no answer can change any more."""
        return self._steps[self._open_at]

    def find(self, slug: str) -> Step[Subject, Any]:
        """The applicable step of that name, or 404."""
        found = next((step for step in self._steps if step.slug == slug), None)
        return found or abort(404)

    def may_stand(self, step: Step[Subject, Any]) -> bool:
        """A step may be seen once everything before it is complete, and until no answer can change any more."""
        return step is self.current if self._is_settled else self._steps.index(step) <= self._open_at

    def after(self, step: Step[Subject, Any]) -> Step[Subject, Any]:
        """The step that follows, or the one that now needs an answer again; the last when nothing needs one."""
        if self._flow.is_answered(self.subject):
            return self._steps[-1]
        at = self._steps.index(step)
        ahead = zip(self._steps[at + 1 :], self._complete[at + 1 :], strict=True)
        following = next((one for one, is_complete in ahead if one.is_read_again or not is_complete), self._steps[-1])
        return following if self.may_stand(following) else self.current

    def words(self, step: Step[Subject, Any]) -> dict[str, Any]:
        """What layouts/wizard.html shows of the way: where `step` is, what is done and whether it can be edited, what
        lies before it, and why somebody stands at it again."""
        at = self._steps.index(step)
        items = [
            {
                "title": one.title,
                "is_done": self._is_done(one, is_complete),
                "url": self._flow.address(self.subject, one) if is_complete and not self._is_settled else None,
            }
            for one, is_complete in zip(self._steps, self._complete, strict=True)
        ]
        return {
            "step": step,
            "address": self._flow.address(self.subject, step),
            "label": self._flow.label,
            "items": items,
            "number": at + 1,
            "previous": items[at - 1] if at else None,
            "reason": None if self._complete[at] else step.reason(self.subject),
        }

    def _is_done(self, step: Step[Subject, Any], is_complete: bool) -> bool:
        if self._is_settled:
            return is_complete or step is not self._steps[-1]
        return is_complete and step.is_done(self.subject)
