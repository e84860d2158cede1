"""Who may do what: the one authorisation table, action by role, with how far each role reaches.

Deny by default: a pair that is not in the table is refused. `docs/authorisation.md` is generated from here.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from models.stores.scope import EVERYTHING, Scope
from models.types import Role


class Action(StrEnum):
    """Everything a route may ask for."""

    READ_ME = "read_me"
    CHANGE_OWN_PASSWORD = "change_own_password"  # noqa: S105 - a name, not a secret
    SIGN_OUT = "sign_out"
    READ_API_DESCRIPTION = "read_api_description"
    READ_INSTITUTIONS = "read_institutions"
    READ_STAFF = "read_staff"
    MANAGE_STAFF = "manage_staff"
    READ_CUSTOMERS = "read_customers"
    READ_SCORES = "read_scores"
    IMPORT_BOOK = "import_book"
    READ_IMPORTS = "read_imports"
    EVALUATE = "evaluate"
    FREEZE = "freeze"
    READ_RANKING = "read_ranking"
    READ_QUOTA = "read_quota"
    FILE_QUOTA = "file_quota"
    LEAD_SEASON = "lead_season"
    APPEAL = "appeal"
    END_MEMBERSHIP = "end_membership"
    DECLARE = "declare"
    WITHDRAW_CASE = "withdraw_case"
    READ_CASES = "read_cases"
    COMMENT_CASE = "comment_case"
    READ_TASKS = "read_tasks"
    ACT_ON_TASKS = "act_on_tasks"
    READ_SERVICES = "read_services"
    TAKE_REQUESTS = "take_requests"
    WORK_ON_SERVICES = "work_on_services"
    READ_COMPLAINTS = "read_complaints"
    OPEN_COMPLAINT_TEXT = "open_complaint_text"
    OPEN_FORMS = "open_forms"
    PRINT_FORMS = "print_forms"
    READ_CARE = "read_care"
    PLAN_CARE = "plan_care"
    KEEP_CONTACTS = "keep_contacts"
    CHANGE_MANAGER = "change_manager"
    READ_QUARTERS = "read_quarters"
    FREEZE_QUARTERS = "freeze_quarters"
    PREPARE_QUARTERS = "prepare_quarters"
    RUN_SWEEP = "run_sweep"
    READ_DASHBOARD = "read_dashboard"
    READ_SURVEYS = "read_surveys"
    RUN_SURVEYS = "run_surveys"
    ENTER_SHEETS = "enter_sheets"
    READ_SPEND = "read_spend"
    ASK_OVER_LIMIT = "ask_over_limit"
    READ_ROLLOUT = "read_rollout"
    LEAD_ROLLOUT = "lead_rollout"
    READ_ASSESSMENT = "read_assessment"
    CONFIRM_ASSESSMENT = "confirm_assessment"
    RECORD_VETO = "record_veto"
    APPEAL_ASSESSMENT = "appeal_assessment"
    READ_DUTIES = "read_duties"
    SET_STAND_IN = "set_stand_in"
    MANAGE_STAND_INS = "manage_stand_ins"
    READ_RULEBOOK = "read_rulebook"
    ACTIVATE_RULEBOOK = "activate_rulebook"
    READ_CALENDAR = "read_calendar"
    MANAGE_CALENDAR = "manage_calendar"
    READ_AUDIT = "read_audit"
    READ_RETENTION = "read_retention"
    HOLD_RECORDS = "hold_records"
    ERASE_PERSONS = "erase_persons"
    READ_OPS = "read_ops"
    MANAGE_OPS = "manage_ops"


class Reach(StrEnum):
    """How far an allowed action reaches."""

    SELF = "self"
    SUBTREE = "subtree"
    ALL = "all"


class HeldPost(NamedTuple):
    """岗位 as authorisation sees it: a role at an institution, with the institution's path."""

    role: Role
    institution_code: str
    path: str


SELF_ACTIONS = frozenset({Action.READ_ME, Action.CHANGE_OWN_PASSWORD, Action.SIGN_OUT, Action.READ_API_DESCRIPTION})
"""Open to whoever is signed in, with or without a post; they touch nothing but the caller's own account."""

_BRANCH_AND_BELOW = (Role.BR_LEAD, Role.BR_SVC, Role.BR_CTR, Role.MGR, Role.UNIT_LEAD)
_BUSINESS = (Role.HQ_VIP, Role.HQ_LEAD, *_BRANCH_AND_BELOW)
_DECIDERS = (Role.MGR, Role.UNIT_LEAD, Role.BR_SVC, Role.BR_LEAD, Role.HQ_VIP, Role.HQ_LEAD, Role.OPS)
_EVERYWHERE = frozenset({Role.AUDIT, Role.OPS, Role.SYS_ADMIN, Role.AUDIT_ADMIN})
"""Posts whose duty has no institution: they reach all. Every other post reaches its own subtree."""


def _row(*roles: Role) -> Mapping[Role, Reach]:
    return {role: Reach.ALL if role in _EVERYWHERE else Reach.SUBTREE for role in roles}


_RETENTION = dict.fromkeys((Role.SYS_ADMIN, Role.SEC_ADMIN), Reach.ALL)
"""What the whole copy keeps is no matter of one institution."""

POLICY: Mapping[Action, Mapping[Role, Reach]] = {
    **{action: dict.fromkeys(Role, Reach.SELF) for action in sorted(SELF_ACTIONS)},
    Action.READ_INSTITUTIONS: _row(*Role),
    Action.READ_STAFF: _row(*Role),
    Action.MANAGE_STAFF: _row(Role.SEC_ADMIN),
    Action.READ_CUSTOMERS: _row(*_BUSINESS, Role.AUDIT),
    Action.READ_SCORES: _row(*_BUSINESS, Role.AUDIT),
    Action.IMPORT_BOOK: _row(Role.HQ_VIP, Role.BR_SVC),
    Action.READ_IMPORTS: _row(Role.HQ_VIP, Role.BR_SVC, Role.AUDIT),
    Action.EVALUATE: _row(Role.HQ_VIP),
    Action.FREEZE: _row(Role.HQ_VIP),
    Action.READ_RANKING: _row(
        Role.HQ_VIP, Role.HQ_LEAD, Role.BR_LEAD, Role.BR_SVC, Role.UNIT_LEAD, Role.MGR, Role.AUDIT
    ),
    Action.READ_QUOTA: _row(Role.HQ_VIP, Role.HQ_LEAD, Role.BR_LEAD, Role.BR_SVC, Role.AUDIT),
    Action.FILE_QUOTA: _row(Role.BR_LEAD),
    Action.LEAD_SEASON: _row(Role.HQ_VIP),
    Action.APPEAL: _row(Role.MGR, Role.BR_SVC, Role.BR_LEAD),
    Action.END_MEMBERSHIP: _row(Role.HQ_VIP, Role.BR_LEAD),
    Action.DECLARE: _row(Role.MGR),
    Action.WITHDRAW_CASE: _row(Role.MGR),
    Action.READ_CASES: _row(*_BUSINESS, Role.AUDIT, Role.OPS),
    Action.COMMENT_CASE: _row(*_BUSINESS, Role.OPS),
    Action.READ_TASKS: _row(*_DECIDERS, Role.BR_CTR),
    Action.ACT_ON_TASKS: _row(*_DECIDERS, Role.BR_CTR),
    Action.READ_SERVICES: _row(*_BUSINESS, Role.AUDIT, Role.OPS),
    Action.TAKE_REQUESTS: _row(Role.BR_CTR, Role.BR_SVC, Role.MGR, Role.BR_LEAD),
    Action.WORK_ON_SERVICES: _row(*_BUSINESS, Role.OPS),
    Action.READ_COMPLAINTS: _row(*_BUSINESS, Role.AUDIT, Role.OPS),
    Action.OPEN_COMPLAINT_TEXT: _row(*_BUSINESS, Role.AUDIT),
    Action.OPEN_FORMS: _row(*_BUSINESS, Role.AUDIT),
    Action.PRINT_FORMS: _row(Role.HQ_VIP, Role.BR_LEAD, Role.BR_SVC, Role.AUDIT),
    Action.READ_CARE: _row(*_BUSINESS, Role.AUDIT, Role.OPS),
    Action.PLAN_CARE: _row(Role.MGR, Role.BR_SVC, Role.BR_LEAD, Role.HQ_VIP),
    Action.KEEP_CONTACTS: _row(Role.MGR, Role.BR_SVC, Role.BR_LEAD),
    Action.CHANGE_MANAGER: _row(Role.BR_LEAD, Role.OPS),
    Action.READ_QUARTERS: _row(Role.HQ_VIP, Role.HQ_LEAD, Role.BR_LEAD, Role.BR_SVC, Role.AUDIT),
    Action.FREEZE_QUARTERS: _row(Role.HQ_VIP, Role.BR_SVC),
    Action.PREPARE_QUARTERS: _row(Role.BR_SVC),
    Action.RUN_SWEEP: _row(Role.OPS),
    Action.READ_DASHBOARD: {
        **_row(Role.HQ_VIP, Role.HQ_LEAD, Role.BR_LEAD, Role.BR_SVC, Role.BR_CTR, Role.UNIT_LEAD, Role.AUDIT),
        Role.MGR: Reach.SELF,
    },
    Action.READ_SURVEYS: _row(*_BUSINESS, Role.AUDIT),
    Action.RUN_SURVEYS: _row(Role.HQ_VIP, Role.BR_SVC),
    Action.ENTER_SHEETS: _row(Role.HQ_VIP, Role.BR_SVC, Role.BR_CTR, Role.MGR),
    Action.READ_SPEND: {
        **_row(Role.BR_SVC, Role.BR_LEAD, Role.HQ_VIP, Role.HQ_LEAD, Role.AUDIT),
        Role.MGR: Reach.SELF,
    },
    Action.ASK_OVER_LIMIT: {**_row(Role.BR_SVC, Role.BR_LEAD), Role.MGR: Reach.SELF},
    Action.READ_ROLLOUT: _row(*_BUSINESS, Role.AUDIT, Role.OPS),
    Action.LEAD_ROLLOUT: _row(Role.HQ_VIP),
    Action.READ_ASSESSMENT: _row(Role.HQ_VIP, Role.HQ_LEAD, Role.BR_LEAD, Role.BR_SVC, Role.AUDIT),
    Action.CONFIRM_ASSESSMENT: _row(Role.HQ_VIP),
    Action.RECORD_VETO: _row(Role.HQ_VIP, Role.AUDIT),
    Action.APPEAL_ASSESSMENT: _row(Role.BR_LEAD, Role.BR_SVC),
    Action.READ_DUTIES: _row(*_BUSINESS, Role.AUDIT),
    Action.SET_STAND_IN: _row(*_DECIDERS, Role.BR_CTR),
    Action.MANAGE_STAND_INS: _row(Role.BR_LEAD),
    Action.READ_RULEBOOK: _row(*Role),
    Action.ACTIVATE_RULEBOOK: _row(Role.HQ_VIP, Role.SYS_ADMIN),
    Action.READ_CALENDAR: _row(*Role),
    Action.MANAGE_CALENDAR: _row(Role.OPS, Role.SYS_ADMIN),
    Action.READ_AUDIT: _row(Role.AUDIT, Role.AUDIT_ADMIN),
    Action.READ_RETENTION: _RETENTION,
    Action.HOLD_RECORDS: _RETENTION,
    Action.ERASE_PERSONS: _row(Role.SEC_ADMIN),
    Action.READ_OPS: _row(Role.OPS),
    Action.MANAGE_OPS: _row(Role.OPS),
}


def allowed(posts: Iterable[HeldPost], action: Action) -> bool:
    """Whether one of the posts may do the action at all; how far it reaches is `scope_of`."""
    return action in SELF_ACTIONS or any(post.role in POLICY[action] for post in posts)


def scope_of(posts: Iterable[HeldPost], action: Action) -> Scope:
    """The institutions within which the posts may do the action; empty when they may not."""
    reaches = [(POLICY[action].get(post.role), post.path) for post in posts]
    if any(reach is Reach.ALL for reach, _ in reaches):
        return EVERYTHING
    return Scope(tuple(sorted({path for reach, path in reaches if reach is Reach.SUBTREE})))


def holders(action: Action) -> tuple[Role, ...]:
    """The roles that may do the action, in the order of the glossary: whom to ask when refused."""
    return tuple(role for role in Role if role in POLICY[action])
