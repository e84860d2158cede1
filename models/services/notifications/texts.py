"""The one place for what notifications say: `templates/mail/{language}/{name}.txt`, first line subject, then body.

Mail, chat and the page in the product read the same templates; they differ in how much of it they show. Nothing that
people typed leaves the product, and a chat robot, which a whole group reads, gets the customer's number only.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import ChainableUndefined, Environment, FileSystemLoader

from models.service_types import ComplaintSheet, GreenService
from models.types import TIME_ZONE, Channel, Outcome, Role, SeasonPhase, Stage
from templates import ROOT

TEMPLATES = (
    "task_opened",
    "task_transferred",
    "task_delegated",
    "task_handed_back",
    "signer_added",
    "reminder",
    "breach",
    "escalation",
    "case_decided",
    "case_returned",
    "case_rejected",
    "case_withdrawn",
    "case_terminated",
    "taken_back",
    "urged",
    "mentioned",
    "asked",
    "answered",
    "cc",
    "nobody_to_act",
    "calendar_moved",
    "season_published",
    "season_overdue",
    "appeal_opened",
    "seat_freed",
    "membership_by_hand",
    "membership_unconfirmed",
    "membership_cancelled",
    "membership_downgraded",
    "stand_in_set",
    "stand_in_ended",
    "complaint_serious",
    "service_closed",
    "service_confirm_request",
    "channel_test",
    "greet_by_hand",
    "greeting_unconfirmed",
    "touchpoint_missed",
    "cancellation_candidate",
    "quarter_adjusted",
    "care_handed_over",
    "survey_published",
    "rollout_put_off",
    "rollout_done",
)
"""Every notification there is."""

FOR_AN_OPEN_TASK = frozenset(
    {
        "task_opened",
        "task_transferred",
        "task_delegated",
        "task_handed_back",
        "signer_added",
        "reminder",
        "breach",
        "escalation",
        "urged",
        "nobody_to_act",
        "appeal_opened",
        "rollout_put_off",
    }
)
"""These say nothing any more once their task is closed: they are not sent then."""

_STEPS: Mapping[str, tuple[str, str]] = {
    Stage.DECLARED.value: ("申报", "Declaration"),
    Stage.UNIT_CHECK.value: ("机构复核", "Unit check"),
    Stage.BRANCH_REVIEW.value: ("分公司初审", "Branch review"),
    Stage.BRANCH_APPROVAL.value: ("分公司审批", "Branch approval"),
    Stage.HQ_REVIEW.value: ("总公司复核", "Head-office review"),
    Stage.HQ_APPROVAL.value: ("总公司审批", "Head-office approval"),
    Stage.COLLECTING.value: ("季度汇总填报", "Quarterly summary: prepare"),
    Stage.CHECKING.value: ("季度汇总复核", "Quarterly summary: check"),
    Stage.SIGNING.value: ("季度汇总签发", "Quarterly summary: publish"),
    "nobody_to_act": ("无人可办", "Nobody to act"),
    SeasonPhase.FREEZE.value: ("冻结", "Freeze"),
    SeasonPhase.DECLARE.value: ("申报", "Declarations"),
    SeasonPhase.RANK.value: ("排名", "Ranking"),
    SeasonPhase.PUBLISH.value: ("公示", "Publication"),
    SeasonPhase.APPEAL.value: ("申诉", "Appeals"),
    SeasonPhase.EFFECTIVE.value: ("生效", "Effect"),
    "accept": ("受理", "Accept"),
    "handle": ("办理", "Handle"),
    "confirm": ("客户确认", "Customer's confirmation"),
    "reply": ("首次答复", "First reply"),
    "investigate": ("调查", "Investigation"),
    "close": ("结案", "Closing"),
    "perform": ("执行关怀", "Care"),
    "rollout": ("启动工作", "Launch work"),
}
_OUTCOMES: Mapping[str, tuple[str, str]] = {
    Outcome.APPROVED.value: ("通过", "approved"),
    Outcome.REJECTED.value: ("驳回", "rejected"),
    Outcome.WITHDRAWN.value: ("撤销", "withdrawn"),
    Outcome.CANCELLED.value: ("取消", "cancelled"),
    Outcome.EXPIRED.value: ("到期", "expired"),
    Outcome.COMPLETED.value: ("办结", "closed"),
    Outcome.TERMINATED.value: ("终止", "terminated"),
}
_SERVICES: Mapping[str, tuple[str, str]] = {
    GreenService.ISSUE.value: ("出单", "policy issue"),
    GreenService.ENDORSEMENT.value: ("保全", "endorsement"),
    GreenService.SIMPLE_ENDORSEMENT.value: ("简单信息变更", "simple change"),
    GreenService.CLAIM.value: ("理赔", "claim"),
    GreenService.INVESTIGATED_CLAIM.value: ("调查理赔", "investigated claim"),
    GreenService.VISIT.value: ("上门", "visit"),
    GreenService.RENEWAL.value: ("续保", "renewal"),
    GreenService.COORDINATION.value: ("跨地域协调", "cross-region co-ordination"),
    GreenService.ADVANCE_PAYMENT.value: ("重大事故预付", "advance payment"),
    ComplaintSheet.INQUIRY.value: ("咨询", "inquiry"),
    ComplaintSheet.COMPLAINT.value: ("投诉", "complaint"),
}
_ROLES: Mapping[str, tuple[str, str]] = {
    Role.HQ_VIP.value: ("总公司VIP服务管理岗", "head-office VIP service"),
    Role.HQ_LEAD.value: ("总公司团险分管领导", "head-office lead"),
    Role.BR_LEAD.value: ("分公司团险负责人", "branch lead"),
    Role.BR_SVC.value: ("分公司VIP服务岗", "branch VIP service"),
    Role.BR_CTR.value: ("柜面服务岗", "counter service"),
    Role.MGR.value: ("客户经理", "account manager"),
    Role.UNIT_LEAD.value: ("三级机构负责人", "unit lead"),
    Role.OPS.value: ("运营监控岗", "operations"),
}


@dataclass(frozen=True, slots=True)
class Text:
    """What one notification says: a line, and the rest."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a text is read: how much it may tell, and the addresses in it."""

    channel: Channel
    language: str
    url: str = ""
    decide_url: str = ""
    link_hours: int = 0


def message_text(template: str, content: str, place: Place) -> Text:
    """A notification in words. `content` is the JSON object that `notify` stored.

    Raises jinja2.TemplateNotFound for a name that has no template in the language.
    """
    return _split(_render(template, _facts(json.loads(content), place)))


def digest_text(subjects: Sequence[tuple[str, str]], place: Place) -> Text:
    """每日摘要: several notifications as one, each a line (subject, address)."""
    return _split(_render("_digest", _facts({}, place) | {"items": subjects}))


def letter_text(text: Text, place: Place) -> Text:
    """The text as a mail: with its addresses, and how to choose other channels."""
    return Text(text.subject, _render("_frame", _facts({}, place) | {"text_body": text.body}))


@cache
def _environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(ROOT / "mail"),
        autoescape=False,  # noqa: S701 - plain text; pages escape it again
        undefined=ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters["instant"] = _instant
    return env


def _render(name: str, facts: Mapping[str, Any]) -> str:
    return _environment().get_template(f"{facts['language']}/{name}.txt").render(facts).strip() + "\n"


def _split(rendered: str) -> Text:
    subject, _, body = rendered.partition("\n")
    return Text(subject.strip(), body.strip() + "\n" if body.strip() else "")


def _facts(context: Mapping[str, str], place: Place) -> dict[str, Any]:
    """The context as the place may tell it: words for codes, no typed text and no name outside the product."""
    inside = place.channel is Channel.IN_APP
    facts: dict[str, Any] = {**context, "language": place.language, "url": place.url}
    facts |= {"decide_url": place.decide_url, "link_hours": place.link_hours}
    facts["text"] = context.get("text", "") if inside else ""
    facts["by"] = context.get("by", "") if place.channel is not Channel.CHAT else ""
    for name, words in (("step", _STEPS), ("outcome", _OUTCOMES), ("role", _ROLES), ("service", _SERVICES)):
        facts[name] = _word(words, context.get(name, ""), place.language)
    facts["customer"] = _customer(context, place)
    return facts


def _word(words: Mapping[str, tuple[str, str]], value: str, language: str) -> str:
    return words[value][language == "en"] if value in words else value


def _customer(context: Mapping[str, str], place: Place) -> str:
    number, name = context.get("customer_no", ""), context.get("customer_name", "")
    if place.channel is Channel.CHAT or not name:
        return number
    if not number:
        return name
    return f"{name} ({number})" if place.language == "en" else f"{name}（{number}）"


def _instant(value: str, language: str) -> str:
    """`2月5日 17:30` or `5 Feb 2026 17:30`, Asia/Shanghai; what is no instant is shown as it is."""
    try:
        local = datetime.fromisoformat(value).astimezone(ZoneInfo(TIME_ZONE))
    except (TypeError, ValueError):
        return str(value)
    if language == "en":
        return f"{local.day} {local:%b %Y %H:%M}"
    return f"{local.month}月{local.day}日 {local:%H:%M}"
