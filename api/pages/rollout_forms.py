"""The forms around a launch: the draft to be edited, 改期, 改派, 取消."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID, uuid4

from starlette.datastructures import FormData

from api.candidates import Candidate
from api.forms.sheet import named
from api.pages.asking import Asked
from api.pages.build_pickers import person_option
from api.pages.desk import Desk
from api.pages.form_errors import error_summary
from api.pages.i18n import _
from api.pages.rollout_view import BASE
from api.pages.view.common import Option
from api.pages.view.people import FormField
from api.pages.view.rollout import PlanLine, PlanPage
from api.pages.words import word
from api.rollout_answers import visible_launch
from api.security.policy import Action, holders
from models.errors import DomainError, ErrorCode
from models.messages.rollout import PlannedItem, RolloutState
from models.rules.rollout import OWNERS, item_of
from models.services.authority import posts_cover
from models.services.rollout.overview import Overview
from models.services.rulebooks import rulebook_of
from models.stores.desk import DeskStore
from models.stores.institutions import InstitutionStore
from models.stores.people import PeopleStore
from models.stores.scope import EVERYTHING
from models.tables.cases import Task
from models.types import InstitutionLevel, Role, Stage


@dataclass(frozen=True)
class TypedPlan:
    """A draft as it was typed: texts, for a date may be none."""

    start_on: str
    branches: tuple[str, ...]
    dates: Mapping[int, tuple[str, str]]
    roles: Mapping[int, tuple[str, ...]]
    version: int = 0
    key: str = ""
    error: DomainError | None = field(default=None)

    @classmethod
    def of(cls, state: RolloutState) -> "TypedPlan":
        """As the draft stands."""
        return cls(
            start_on=state.start_on.isoformat(),
            branches=state.branches,
            dates={item.number: (item.from_on.isoformat(), item.to_on.isoformat()) for item in state.items},
            roles={item.number: tuple(role.value for role in item.responsible) for item in state.items},
            version=state.version,
        )

    @classmethod
    def sent(cls, form: FormData, numbers: tuple[int, ...], key: str) -> "TypedPlan":
        """As a form brought it. Raises STALE_VERSION without a version."""
        version = str(form.get("version", ""))
        if not version.isdecimal():
            raise DomainError(ErrorCode.STALE_VERSION)
        return cls(
            start_on=str(form.get("start_on", "")),
            branches=tuple(str(code) for code in form.getlist("branches")),
            dates={n: (str(form.get(f"from_{n}", "")), str(form.get(f"to_{n}", ""))) for n in numbers},
            roles={n: tuple(str(role) for role in form.getlist(f"role_{n}")) for n in numbers},
            version=int(version),
            key=key,
        )

    def items(self, state: RolloutState) -> list[PlannedItem]:
        """The work as typed; what waits for what stays. Raises INVALID_INPUT at every control that is wrong."""
        errors: list[dict[str, str]] = []
        found = [
            PlannedItem(
                number=item.number,
                responsible=tuple(Role(role) for role in self.roles[item.number] if role in OWNERS),
                from_on=_date(self.dates[item.number][0], f"items.{item.number}.from_on", errors) or item.from_on,
                to_on=_date(self.dates[item.number][1], f"items.{item.number}.to_on", errors) or item.to_on,
                after=item.after,
            )
            for item in state.items
        ]
        if errors:
            raise DomainError(ErrorCode.INVALID_INPUT, n=len(errors), errors=errors)
        return found

    def starts(self) -> date:
        """The start. Raises INVALID_INPUT."""
        return typed_date(self.start_on, "start_on")


def chosen(codes: tuple[str, ...]) -> tuple[str, ...]:
    """Branches of a form. Raises INVALID_INPUT when none is ticked: over HTTP none means all, here it is a slip."""
    if not codes:
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "branches", "reason": "missing"}])
    return codes


def typed_date(text: str, name: str) -> date:
    """A date of a form. Raises INVALID_INPUT."""
    errors: list[dict[str, str]] = []
    found = _date(text, name, errors)
    if found is None:
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=errors)
    return found


def _date(text: str, name: str, errors: list[dict[str, str]]) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        errors.append({"field": name, "reason": "date_from_datetime_parsing"})
        return None


def plan_page(desk: Desk, case_id: UUID, typed: TypedPlan | None) -> PlanPage:
    """草稿 with what was typed. Raises NOT_FOUND, WRONG_STAGE once it was launched."""
    found = visible_launch(desk.session, desk.caller, case_id, desk.now)
    if found.state.stage is not Stage.PLANNED:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=found.state.stage.value)
    shown = typed or TypedPlan.of(found.state)
    places = InstitutionStore(desk.session).all(EVERYTHING)
    return PlanPage(
        shell=desk.shell("rollout"),
        title=_("编辑启动计划草稿"),
        back_href=f"{BASE}/{case_id}",
        action=f"{BASE}/{case_id}/plan",
        version=found.state.version,
        idempotency_key=shown.key or uuid4().hex,
        start_on=FormField(id="start_on", label=_("开始日"), kind="date", value=shown.start_on),
        branches=tuple(
            Option(value=place.code, text=place.name, selected=place.code in shown.branches)
            for place in places
            if place.level is InstitutionLevel.BRANCH
        ),
        lines=tuple(_line(found, shown, number) for number in shown.dates),
        errors=error_summary(shown.error, **_called(found)) if shown.error else None,
    )


def _line(found: Overview, shown: TypedPlan, number: int) -> PlanLine:
    row = next(row for row in found.items if row.entry.number == number)
    name, (begins, ends) = named(row.entry), shown.dates[number]
    return PlanLine(
        number=number,
        name=name,
        after="、".join(map(str, row.standing.item.after)),
        from_on=FormField(id=f"items.{number}.from_on", label=_("%(name)s：起", name=name), kind="date", value=begins),
        to_on=FormField(id=f"items.{number}.to_on", label=_("%(name)s：止", name=name), kind="date", value=ends),
        roles=tuple(
            Option(value=role.value, text=word(role), selected=role.value in shown.roles[number])
            for role in Role
            if role in OWNERS
        ),
    )


def _called(found: Overview) -> dict[str, str]:
    """Names of the controls, for the list on top."""
    names = {"start_on": _("开始日"), "branches": _("参加的分公司")}
    for row in found.items:
        name, key = named(row.entry), f"items.{row.entry.number}"
        names |= {
            f"{key}.from_on": _("%(name)s：起", name=name),
            f"{key}.to_on": _("%(name)s：止", name=name),
            f"{key}.responsible": _("%(name)s：负责岗位", name=name),
        }
    return names


def ask_reschedule(desk: Desk, case_id: UUID, number: int, typed: tuple[str, str] | None = None) -> Asked:
    """改期: from when to when, and why. Raises NOT_FOUND."""
    found = visible_launch(desk.session, desk.caller, case_id, desk.now)
    item = item_of(found.state, number)
    if item is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    row = next(row for row in found.items if row.entry.number == number)
    begins, ends = typed or (item.from_on.isoformat(), item.to_on.isoformat())
    return Asked(
        title=_("改期：%(name)s", name=named(row.entry)),
        lead=_("推迟结束日时，依赖它的工作顺延同样的工作日数；提前时其他工作不动。"),
        action=f"{BASE}/{case_id}/items/{number}/reschedule",
        back=f"{BASE}/{case_id}",
        current="rollout",
        fields=(
            FormField(id="version", label="", kind="hidden", value=str(found.state.version)),
            FormField(id="from_on", label=_("起"), kind="date", value=begins),
            FormField(id="to_on", label=_("止"), kind="date", value=ends),
        ),
    )


def ask_cancel(desk: Desk, case_id: UUID) -> Asked:
    """取消, and why. Raises NOT_FOUND."""
    found = visible_launch(desk.session, desk.caller, case_id, desk.now)
    return Asked(
        title=_("取消启动计划"),
        lead=_("未完成的工作从待办中撤下，已完成的成果保留。取消后可另建计划。"),
        action=f"{BASE}/{case_id}/cancel",
        back=f"{BASE}/{case_id}",
        current="rollout",
        fields=(FormField(id="version", label="", kind="hidden", value=str(found.state.version)),),
    )


def ask_reassign(desk: Desk, task: Task, chosen: str = "") -> Asked:
    """改派: to whom, and why. Raises NOT_FOUND."""
    found = visible_launch(desk.session, desk.caller, task.case_id, desk.now)
    open_task = next((one for one in found.state.tasks if one.task_id == task.id), None)
    if open_task is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    people = _people(desk, found, task)
    return Asked(
        title=_("改派：%(name)s", name=task.customer_name),
        lead=_("改派后由所选人员办理，期限不变。") if people else _("没有可选的人员。"),
        action=f"{BASE}/tasks/{task.id}/reassign",
        back=f"{BASE}/{task.case_id}",
        current="rollout",
        fields=(
            FormField(id="version", label="", kind="hidden", value=str(open_task.version)),
            FormField(
                id="to",
                label=_("改派给"),
                kind="select",
                options=tuple(
                    Option(value=str(one.id), text=person_option(one).text, selected=str(one.id) == chosen)
                    for one in people
                ),
            ),
        ),
    )


def _people(desk: Desk, found: Overview, task: Task) -> list[Candidate]:
    """Who may do it, near the institution; whoever has it now is left out."""
    above = PeopleStore(desk.session).ancestry(task.institution_code)
    rules = rulebook_of(desk.session, found.case.rulebook_version_id).rulebook.desk
    people: dict[UUID, Candidate] = {}
    for account, role, place in DeskStore(desk.session).posts_near(above, holders(Action.ACT_ON_TASKS)):
        if posts_cover(rules, task.role, above, [(role, place)]) and account.id != task.assignee_id:
            posts = (*(people[account.id].posts if account.id in people else ()), (Role(role), place.name))
            people[account.id] = Candidate(account.id, account.name, posts, authorised=True)
    return sorted(people.values(), key=lambda one: one.name)
