"""Fixed vocabulary of the programme: enumerations and small frozen values (see the glossary).

Pure: imports nothing but the standard library, so every layer and the workflow sandbox may use it.
"""

from enum import StrEnum
from uuid import UUID


class Tier(StrEnum):
    """层级, article 15: lowest to highest."""

    REGULAR = "regular"
    SILVER = "silver"
    GOLD = "gold"


class SeatKind(StrEnum):
    """席位, article 13: how a VIP came to its seat."""

    RANKED = "ranked"
    NEW_CUSTOMER = "new_customer"
    SPECIAL = "special"
    SILVER = "silver"


class Role(StrEnum):
    """岗位: what a person may do at an institution (chapter 六), plus the product's own posts."""

    HQ_VIP = "HQ_VIP"
    HQ_LEAD = "HQ_LEAD"
    BR_LEAD = "BR_LEAD"
    BR_SVC = "BR_SVC"
    BR_CTR = "BR_CTR"
    MGR = "MGR"
    UNIT_LEAD = "UNIT_LEAD"
    AUDIT = "AUDIT"
    OPS = "OPS"
    SYS_ADMIN = "SYS_ADMIN"
    SEC_ADMIN = "SEC_ADMIN"
    AUDIT_ADMIN = "AUDIT_ADMIN"


SEPARATED_ADMIN_ROLES = frozenset({Role.SYS_ADMIN, Role.SEC_ADMIN, Role.AUDIT_ADMIN})
"""三员分立: nobody may hold two of these."""


class InstitutionLevel(StrEnum):
    """机构级别, article 5."""

    HQ = "hq"
    BRANCH = "branch"
    SUB_BRANCH = "sub_branch"


class ProductClass(StrEnum):
    """险类, rows of 附表1."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"
    F = "F"


class PayMode(StrEnum):
    """交费方式."""

    SINGLE = "single"
    REGULAR = "regular"


class PolicyStatus(StrEnum):
    """保单状态."""

    IN_FORCE = "in_force"
    EXPIRED = "expired"
    LAPSED = "lapsed"
    SURRENDERED = "surrendered"


class ContactKind(StrEnum):
    """重点服务对象, article 16: 第一 / 第二服务对象."""

    LEADER = "leader"
    HANDLER = "handler"


class BirthdayCalendar(StrEnum):
    """历法 of a birthday."""

    SOLAR = "solar"
    LUNAR = "lunar"


class CustomerFlag(StrEnum):
    """标记 that bar a customer from VIP status."""

    FRAUD = "fraud"
    AML = "aml"


class CaseKind(StrEnum):
    """Kind of case = wire name of its workflow type."""

    QUALIFICATION = "qualification"
    MEMBERSHIP = "membership"
    APPROVAL = "approval"
    QUOTA_SEASON = "quota-season"
    GREEN_CHANNEL = "green-channel"
    CARE_TOUCHPOINT = "care-touchpoint"
    COMPLAINT = "complaint"
    PERIOD_CLOSE = "period-close"
    ROLLOUT = "rollout"


SERVICE_KINDS = (CaseKind.GREEN_CHANNEL, CaseKind.CARE_TOUCHPOINT, CaseKind.COMPLAINT)
"""Cases of serving a customer 服务: no approval, but tasks and clocks of their own."""


KINDS_WITHOUT_APPROVAL = (*SERVICE_KINDS, CaseKind.ROLLOUT)
"""Cases in which nobody approves anything: four eyes ask nothing of them."""

UNDECLARED_KINDS = (*KINDS_WITHOUT_APPROVAL, CaseKind.PERIOD_CLOSE)
"""Kinds that nobody declares, so that four eyes keep no declarant off: what is served, what the programme starts."""


class Stage(StrEnum):
    """Stages of a qualification 资格评定, in order, then its side stages; those of the service kinds; those of a
    quarter's summary 季度汇总 and of a launch 启动计划."""

    DECLARED = "declared"
    UNIT_CHECK = "unit_check"
    BRANCH_REVIEW = "branch_review"
    BRANCH_APPROVAL = "branch_approval"
    HQ_REVIEW = "hq_review"
    HQ_APPROVAL = "hq_approval"
    ACTIVE = "active"
    RETURNED = "returned"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"

    RECEIVED = "received"
    ACCEPTED = "accepted"
    HANDLING = "handling"
    PAUSED = "paused"
    AWAITING_CONFIRMATION = "awaiting_confirmation"
    CLOSED = "closed"
    CANCELLED = "cancelled"

    REGISTERED = "registered"
    AWAITING_FIRST_REPLY = "awaiting_first_reply"
    INVESTIGATING = "investigating"
    AWAITING_CUSTOMER = "awaiting_customer"
    REOPENED = "reopened"

    PLANNED = "planned"
    DUE = "due"
    DONE = "done"
    SKIPPED = "skipped"
    RESCHEDULED = "rescheduled"
    HUSHED = "hushed"
    MISSED = "missed"

    FROZEN = "frozen"
    COLLECTING = "collecting"
    CHECKING = "checking"
    SIGNING = "signing"
    PUBLISHED = "published"

    RUNNING = "running"


class MembershipStage(StrEnum):
    """会员周期."""

    PENDING = "pending"
    SERVING = "serving"
    DOWNGRADE_BUFFER = "downgrade_buffer"
    RE_EVALUATION = "re_evaluation"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    """How a case ended."""

    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    COMPLETED = "completed"
    TERMINATED = "terminated"
    """终止: cut off by operations, for its run could not be mended."""


UNDECIDED_OUTCOMES = frozenset({Outcome.WITHDRAWN, Outcome.CANCELLED, Outcome.TERMINATED})
"""Ends of an approval that say nothing about what it was about: it may be asked for again."""


class LimitUnit(StrEnum):
    """时限 units; `elapsed_hours` is the one natural-time unit, `months_before` counts back from a date."""

    WORKING_DAYS = "working_days"
    WORKING_HOURS = "working_hours"
    ELAPSED_HOURS = "elapsed_hours"
    SAME_DAY = "same_day"
    MONTHS_BEFORE = "months_before"


class SignerRule(StrEnum):
    """或签 any / 会签 all / 票签 M of N or per cent / 依次审批 in order / 分组会签 one per group."""

    ANY = "any"
    ALL = "all"
    QUORUM = "quorum"
    SEQUENTIAL = "sequential"
    PER_GROUP = "per_group"


class AddedPosition(StrEnum):
    """前加签 / 后加签: whether the added signer signs before the one who adds it, or after."""

    BEFORE = "before"
    AFTER = "after"


class PauseReason(StrEnum):
    """暂停原因 of a clock."""

    WAITING_FOR_CUSTOMER = "waiting_for_customer"
    DISABILITY_APPRAISAL = "disability_appraisal"
    WAITING_FOR_THIRD_PARTY = "waiting_for_third_party"


class AlarmKind(StrEnum):
    """What a task's clock may set off: 提醒, 逾期, 升级督办, or the automatic decision (off by default)."""

    REMINDER = "reminder"
    BREACH = "breach"
    ESCALATION = "escalation"
    AUTO_DECISION = "auto_decision"


class Channel(StrEnum):
    """How a notification reaches a person: in the product, by mail, by a chat robot."""

    IN_APP = "in_app"
    EMAIL = "email"
    CHAT = "chat"


class DeliveryState(StrEnum):
    """State of one delivery; `unconfirmed`: the process died while sending, so it is not sent again.

    `dropped`: not needed any more when its hour came, because the task was closed or the channel given up.
    """

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCONFIRMED = "unconfirmed"
    DIGEST = "digest"
    DROPPED = "dropped"


class SeasonPhase(StrEnum):
    """Phases of a quota season: 冻结 申报 排名 公示 申诉 生效."""

    FREEZE = "freeze"
    DECLARE = "declare"
    RANK = "rank"
    PUBLISH = "publish"
    APPEAL = "appeal"
    EFFECTIVE = "effective"


class Verdict(StrEnum):
    """What a person decides on an approval task."""

    APPROVE = "approve"
    REJECT = "reject"
    RETURN = "return"


class TaskState(StrEnum):
    """Task states of decisions.md 30."""

    OPEN = "open"
    CLAIMED = "claimed"
    WAITING = "waiting"
    DONE = "done"
    CANCELLED = "cancelled"


OPEN_TASK_STATES = (TaskState.OPEN, TaskState.CLAIMED, TaskState.WAITING)


class Door(StrEnum):
    """经哪道门: the way an act came in."""

    PAGE = "page"
    API = "api"
    CLI = "cli"
    LINK = "link"
    STAND_IN = "stand_in"
    OVERRIDE = "override"
    IMPORT = "import"
    SYSTEM = "system"


class Box(StrEnum):
    """任务箱 of the inbox."""

    TODO = "todo"
    QUEUE = "queue"
    DONE = "done"
    STARTED = "started"
    CC = "cc"


class Source(StrEnum):
    """Where a rule comes from: 原文 / 默认."""

    ORIGINAL = "original"
    DEFAULT = "default"


class JobState(StrEnum):
    """State of a long-running import or evaluation."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


SYSTEM_SLA_ID = UUID("00000000-0000-0000-0000-000000000001")
"""The actor id of an automatic decision, which no account may have; records name `system:sla` instead."""

CUSTOMER_ID = UUID("00000000-0000-0000-0000-000000000002")
"""The actor id of a customer who confirms by its own link; records name `customer:link` instead."""

CUSTOMER_LINK = "customer:link"
SYSTEM_SLA = "system:sla"
SYSTEM_SCHEDULE = "system:schedule"
SYSTEM_IMPORT = "system:import"
SYSTEM_RESTORE = "system:restore"
"""Reserved actors of automatic acts."""

TIME_ZONE = "Asia/Shanghai"
"""The one business time zone."""
