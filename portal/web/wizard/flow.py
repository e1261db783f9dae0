"""The steps of one kind of subject, in their order, and what only that subject knows of going through them."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic

from portal.web.forms import Form
from portal.web.wizard.step import Step, Subject


class Flow(ABC, Generic[Subject]):
    """No current step is stored. A step asks the subject alone: going back and editing stay right, and any device
    continues."""

    label: ClassVar[str]  # of the progress bar, for who cannot see it: "Avance de su compra"
    steps: tuple[Step[Subject, Any], ...]

    @classmethod
    def form_of(cls, slug: str) -> type[Form]:
        """The form of the step of that name."""
        return next((step.form_class for step in cls.steps if step.slug == slug), Form)

    @abstractmethod
    def load(self, key: str) -> Subject:
        """The subject of that key. Raises NotFound when it is not the actor's own."""

    @abstractmethod
    def address(self, subject: Subject, step: Step[Subject, Any], /, **query: Any) -> str:
        """Where a step is: read by GET, answered by POST."""

    @abstractmethod
    def end(self, subject: Subject, step: Step[Subject, Any] | None = None) -> str | None:
        """Where the flow leaves to once it is over, for whoever asks for `step` then. None while it goes on.

        Raises NotAllowed when it can't, though it did not come to its end.
        """

    def is_settled(self, subject: Subject) -> bool:
        """Whether no answer can change any more, while the last step shows how it goes on."""
        return False

    def is_answered(self, subject: Subject) -> bool:
        """Whether nothing is left to answer, so that what is saved leads straight to the last step."""
        return False

    def words(self, subject: Subject) -> dict[str, Any]:
        """What the templates of all steps need of the subject."""
        return {}
