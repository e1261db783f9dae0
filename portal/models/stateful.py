"""Rows with a state: it moves by its table, and an UPDATE of a row that somebody else changed fails."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from portal.domain.states import check_transition


class Stateful:
    """Mixin for a row with `state`. `revision` makes every UPDATE a compare-and-swap: a row changed meanwhile
    raises sqlalchemy.orm.exc.StaleDataError instead of being overwritten."""

    TRANSITIONS: ClassVar[Mapping[Any, frozenset[Any]]]
    state: Mapped[Any]
    revision: Mapped[int] = mapped_column(default=1)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805  declared_attr hands over the class
        return {"version_id_col": cls.__dict__.get("revision") or cls.revision}

    def move_to(self, target: StrEnum) -> None:
        """Change the state. Raises InvalidTransition when the table has no such way."""
        check_transition(self.TRANSITIONS, self.state, target)
        self.state = target
