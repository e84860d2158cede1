"""催办 on the rows of what one has started: one click, or from when on it is possible again."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from api.chain_acts import may_resubmit
from api.pages.desk import Desk
from api.pages.format import instant
from api.pages.i18n import _
from api.pages.view.acts import ActForm
from api.security.policy import Action
from models.messages.approval import NOBODY_TO_ACT, ApprovalState
from models.messages.service import ServiceState
from models.services.case_state import CaseState, state_of
from models.services.desk.urging import again_after
from models.stores.desk import DeskStore
from models.tables.cases import Case


class Urges:
    """When the open tasks of these cases were urged, asked for all rows at once."""

    def __init__(self, desk: Desk, cases: Sequence[Case]) -> None:
        self.desk = desk
        states = {case.id: state_of(case) for case in cases if case.outcome is None}
        self._waiting = {case_id: self._tasks(state) for case_id, state in states.items()}
        asked = [task_id for tasks in self._waiting.values() for task_id in tasks]
        self._last = DeskStore(desk.session).last_urges(asked) if asked else {}

    def _tasks(self, state: CaseState) -> list[Any]:
        """What the reader waits for; nobody reminds himself."""
        if not self.desk.caller.may(Action.COMMENT_CASE) or self._waits_for_himself(state):
            return []
        return [task.task_id for task in state.tasks if not task.waiting and task.step != NOBODY_TO_ACT]

    def _waits_for_himself(self, state: CaseState) -> bool:
        if isinstance(state, ServiceState):
            return state.handler_id == self.desk.caller.account_id
        return isinstance(state, ApprovalState) and may_resubmit(self.desk.caller, state)

    def on_row(self, case: Case) -> dict[str, Any]:
        """The button of a row, or the note in its place."""
        tasks = self._waiting.get(case.id)
        if not tasks:
            return {}
        last = [self._last[task_id] for task_id in tasks if task_id in self._last]
        again = [again_after(self.desk.session, case, self.desk.calendar, then) for then in last]
        if len(last) == len(tasks) and min(again) > self.desk.now:
            return {"step_note": _("可于 %(when)s 再次催办", when=instant(min(again), self.desk.now))}
        return {"act": _urge(case)}


def _urge(case: Case) -> ActForm:
    return ActForm(name="urge", action=f"/cases/{case.id}/urge", text=_("催办"), idempotency_key=uuid4().hex)
