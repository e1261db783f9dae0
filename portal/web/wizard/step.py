"""One page of a flow: its form, whether it is answered, and how an answer is kept."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, TypeVar

from portal.domain.actor import Actor
from portal.web.forms import Form

Subject = TypeVar("Subject")
FormOf = TypeVar("FormOf", bound=Form)


class Stay:
    """What `save` returns to show its own step again, with this query: `Stay(persona=3)`."""

    def __init__(self, **query: Any) -> None:
        self.query = query


class Step(ABC, Generic[Subject, FormOf]):
    """A page about the subject. It is stateless; of all its methods only `save` changes anything."""

    slug: ClassVar[str]
    title: ClassVar[str]
    template: ClassVar[str] = "layouts/wizard.html"  # which shows the form's fields one below the other
    form_class: type[FormOf]
    is_read_again: ClassVar[bool] = True  # by whoever comes from the step before it, though it is complete

    def is_applicable(self, subject: Subject) -> bool:
        """Whether this subject has the step at all."""
        return True

    @abstractmethod
    def is_complete(self, subject: Subject) -> bool:
        """Whether its answers are there and still count."""

    def is_done(self, subject: Subject) -> bool:
        """Whether the progress shows it as done: a step that asks nothing may be complete before anybody stood on it.

        Asked only while the step is complete.
        """
        return True

    def reason(self, subject: Subject) -> str | None:
        """Why somebody who was further on stands here again, in words; None when it is simply their turn.

        Asked only while the step is not complete.
        """
        return None

    def initial(self, subject: Subject) -> dict[str, Any]:
        """What is known already, by the names of the form's fields."""
        return {}

    def form(self, subject: Subject) -> FormOf:
        """The form, filled with what is known or was sent."""
        return self.form_class(**self.initial(subject))

    def needs_shape(self, form: FormOf) -> bool:
        """Whether the form's own checks apply to the button that was pressed."""
        return True

    def words(self, subject: Subject, form: FormOf) -> dict[str, Any]:
        """What its template needs besides what every step of the flow gets."""
        return {}

    @abstractmethod
    def save(self, subject: Subject, form: FormOf, actor: Actor) -> Stay | None:
        """Keep the answer through a service. None goes on to the next step.

        Raises DomainError with the field at fault.
        """
