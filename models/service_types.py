"""Vocabulary of serving customers: green channel, complaints, care (glossary 5, 6, 9). Pure, as `models.types`."""

from enum import StrEnum


class GreenService(StrEnum):
    """绿色通道 services on the wire (contract)."""

    ISSUE = "issue"
    ENDORSEMENT = "endorsement"
    SIMPLE_ENDORSEMENT = "simple_endorsement"
    CLAIM = "claim"
    INVESTIGATED_CLAIM = "investigated_claim"
    VISIT = "visit"
    RENEWAL = "renewal"
    COORDINATION = "coordination"
    ADVANCE_PAYMENT = "advance_payment"


class IntakeChannel(StrEnum):
    """How a request or a complaint came in: 柜面 / 电话 / 网页 / 接口."""

    COUNTER = "counter"
    PHONE = "phone"
    PAGE = "page"
    API = "api"


class ComplaintSheet(StrEnum):
    """附件五 has two sheets: 咨询 and 投诉."""

    INQUIRY = "inquiry"
    COMPLAINT = "complaint"


class ComplaintGrade(StrEnum):
    """一般 / 重大投诉; a serious one goes to the branch head."""

    ORDINARY = "ordinary"
    SERIOUS = "serious"


class CustomerView(StrEnum):
    """客户意见 on how a complaint was handled."""

    SATISFIED = "satisfied"
    ACCEPTED = "accepted"
    DISSATISFIED = "dissatisfied"
    NOT_REACHED = "not_reached"


class TouchpointOrigin(StrEnum):
    """Where a touchpoint 触点 comes from: the year's plan, a duty of article 17, or a person."""

    PLAN = "plan"
    DUTY = "duty"
    MANUAL = "manual"


class MissedPolicy(StrEnum):
    """错过处理 after an outage: 补办 / 跳过 / 人工."""

    SEND_LATE = "send_late"
    SKIP = "skip"
    ASK = "ask"


class WorkdayMove(StrEnum):
    """Where a due date goes that is no working day: stays (greetings), the next or the previous working day."""

    NONE = "none"
    NEXT = "next"
    PREVIOUS = "previous"


class ProofKind(StrEnum):
    """Proof that a touchpoint was done: 文字 / 照片 / 签名."""

    TEXT = "text"
    PHOTO = "photo"
    SIGNATURE = "signature"


class ServiceStep(StrEnum):
    """Step of the one open task of a service case."""

    ACCEPT = "accept"
    HANDLE = "handle"
    CONFIRM = "confirm"
    REPLY = "reply"
    INVESTIGATE = "investigate"
    CLOSE = "close"
    PERFORM = "perform"


class SurveyStage(StrEnum):
    """Stages of a survey campaign 满意度调查: 草稿 / 发放中 / 已截止 / 已发布."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    PUBLISHED = "published"


class SurveyChannel(StrEnum):
    """How a sheet 附件六 reaches its respondent: 邮件 / 二维码 / 纸质."""

    MAIL = "mail"
    QR = "qr"
    PAPER = "paper"


class SpendState(StrEnum):
    """How the spend 服务投入 of a customer's year stands against its limit."""

    WITHIN = "within"
    OVER_LIMIT = "over_limit"
    ASKED = "asked"
    APPROVED = "approved"


class SpendKind(StrEnum):
    """Entry of the spend ledger: 预留 / 支出 / 释放."""

    RESERVE = "reserve"
    COMMIT = "commit"
    RELEASE_RESERVE = "release_reserve"
