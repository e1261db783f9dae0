"""Broken rules. Each error carries the Spanish words a person reads and the form field they belong to."""


class DomainError(Exception):
    """A rule was broken. `field` names the form field whose message this is, or None for the page."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class Busy(DomainError):
    """Nothing was begun: too many ask for the same costly thing at once. `seconds`: when to ask again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(
            "Hay muchas personas ingresando a la vez y todavía no revisamos lo que envió. "
            f"Espere {seconds} segundos y envíelo otra vez."
        )
        self.seconds = seconds


class NotFound(DomainError):
    """The thing does not exist, or is not the actor's: the two look the same."""

    def __init__(self, message: str = "No encontramos lo que busca.") -> None:
        super().__init__(message)


class NotAllowed(DomainError):
    """The thing is the actor's, but this can't be done with it now."""


class InvalidTransition(Exception):
    """A state was asked to move where its table has no way: a defect of ours, never a person's mistake."""
