"""What a holder asks to change in a policy: shown first, confirmed by a mailed code, then written as an endorsement."""

from enum import StrEnum

from portal.domain.states import State, Tone


class ChangeKind(StrEnum):
    END = "end"
    BENEFICIARIES = "beneficiaries"
    PLAN = "plan"


class ChangeState(State):
    OPEN = "open", "En curso", Tone.INFO
    DONE = "done", "Hecho", Tone.OK
    WITHDRAWN = "withdrawn", "Retirado"


CHANGE_TRANSITIONS = {ChangeState.OPEN: frozenset({ChangeState.DONE, ChangeState.WITHDRAWN})}
