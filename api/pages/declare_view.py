"""Builds 附件一 from the records: filled facts, choices, and the preview of what is chosen."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from urllib.parse import quote
from uuid import UUID

from fastapi import Request
from sqlmodel import Session

from api.pages.build_seats import signers_ahead
from api.pages.customers_view import customer_href, policy_rows, tier_tag
from api.pages.declare_form import CHOICES, Typed, choice_value, draft_subject, new_key
from api.pages.declare_signers import account_ids, choice_hint, signer_choices
from api.pages.form_errors import error_summary
from api.pages.format import short_day, stamp, value_text, whole
from api.pages.i18n import _, language
from api.pages.i18n import mark as _m
from api.pages.people_served import contact_rows
from api.pages.score_view import entry_tag, rank_tag, score_table
from api.pages.shell import shell_for
from api.pages.view.common import ErrorSummary, FieldError, Link, Strip, StripTone
from api.pages.view.declare import DeclarePage, Preview, SeatChoice
from api.pages.view.task import ApprovalPath, Check, Fact, PathStep, StepState
from api.pages.words import word
from api.security.caller import Caller
from api.security.policy import Action
from models.errors import DomainError, ErrorCode
from models.rules.calendar import local_date
from models.rules.eligibility import entry_value
from models.services import drafts
from models.services.approval.signers import Seating
from models.services.case_view import PathItem, StepPlace, preview_path
from models.services.evaluation import score_one
from models.services.qualification.declaration import Prepared, prepare
from models.services.qualification.declaration import Request as Wanted
from models.services.qualification.quota import SeatsLeft, seats_left
from models.services.rulebooks import rulebook_in_force
from models.stores.cases import CaseStore
from models.stores.customers import contacts_of, customer_in_scope, policies_of
from models.stores.institutions import InstitutionStore
from models.stores.memberships import current_memberships
from models.stores.scope import EVERYTHING
from models.tables.book import Customer
from models.tables.cases import Case
from models.types import ContactKind, SeatKind, Tier

NEW = "/qualifications/new"
SCORE = "/qualifications/score"
DRAFT = "/qualifications/draft"
_HINTS = {
    choice_value(Tier.GOLD, SeatKind.RANKED): _m("按客户价值硬性排名，全公司 90 席"),
    choice_value(Tier.GOLD, SeatKind.NEW_CUSTOMER): _m("本年度新客户，全公司 10 席，准入线较低"),
    choice_value(Tier.GOLD, SeatKind.SPECIAL): _m("战略客户未达准入线，须总公司审批，名额不超过 5%"),
    choice_value(Tier.SILVER, SeatKind.SILVER): _m("分公司机构名额，按地区类别准入"),
    choice_value(Tier.SILVER, SeatKind.SPECIAL): _m("未达银牌准入线，须总公司审批，名额不超过 5%"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page says beside the form: a refusal, or that the draft was saved."""

    error: DomainError | None = None
    saved: bool = False


def declare_page(request: Request, caller: Caller, session: Session, typed: Typed, shown: Shown) -> DeclarePage:
    """The form. Raises NOT_FOUND for a customer outside the caller's institutions."""
    now = datetime.now(UTC)
    customer = customer_in_scope(session, typed.customer_no, caller.scope(Action.DECLARE))
    if customer is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    kept = drafts.load(session, caller.account_id, draft_subject(customer.customer_no))
    if kept and request.method == "GET":
        typed = typed.with_draft(kept.fields)
    typed = _chosen(session, typed, now)
    prepared = _prepared(session, typed, now)
    standing = _standing(session, typed)
    contacts = contacts_of(session, customer.customer_no)
    counted, _older = policy_rows(policies_of(session, customer.customer_no), prepared.score if prepared else None)
    return DeclarePage(
        shell=shell_for(request, caller, current="declare"),
        title=_("申报 · %(name)s", name=customer.name),
        phone_title=_("申报"),
        back_href=customer_href(customer.customer_no),
        action=NEW,
        preview_action=SCORE,
        draft_action=DRAFT,
        draft_href=f"/drafts/{quote(draft_subject(customer.customer_no), safe=':')}",
        idempotency_key=new_key(),
        customer_no=customer.customer_no,
        customer_href=customer_href(customer.customer_no),
        year=typed.year,
        facts=_facts(session, customer, typed.year, local_date(now)),
        choices=_choices(typed),
        preview=_preview(session, typed, prepared, now, caller.account_id),
        signers=signer_choices(session, prepared, typed.signers, caller.account_id),
        signers_hint=choice_hint(prepared),
        reason=typed.reason,
        late=_late(prepared),
        late_reason=typed.late_reason,
        draft_note=_("草稿保存于 %(at)s", at=stamp(kept.saved_at, now)) if kept else "",
        can_submit=prepared is not None and standing is None,
        contacts=contact_rows(contacts),
        contacts_note=_contacts_note({contact.kind for contact in contacts}),
        policies=counted,
        strips=_strips(shown, standing),
        errors=_errors(shown.error, prepared, typed),
    )


def _chosen(session: Session, typed: Typed, now: datetime) -> Typed:
    """The highest seat that the customer's value reaches, unless one was chosen."""
    if typed.choice is not None:
        return typed
    rulebook = rulebook_in_force(session, local_date(now)).rulebook
    try:
        live = score_one(session, typed.customer_no, typed.year, rulebook)
    except DomainError:
        what = choice_value(Tier.SILVER, SeatKind.SILVER)
    else:
        what = _best(live.eligible_tier, live.explanation.value, rulebook.tiers.gold.entry_value)
    return replace(typed, what=what)


def _best(tier: Tier, value: Decimal, gold_entry: Decimal) -> str:
    if tier is not Tier.GOLD:
        return choice_value(Tier.SILVER, SeatKind.SILVER)
    return choice_value(Tier.GOLD, SeatKind.RANKED if value >= gold_entry else SeatKind.NEW_CUSTOMER)


def _prepared(session: Session, typed: Typed, now: datetime) -> Prepared | None:
    """Everything the declaration is judged by; None for a customer without a policy."""
    tier, seat = typed.choice or (Tier.SILVER, SeatKind.SILVER)
    try:
        return prepare(session, Wanted(typed.customer_no, typed.year, tier, seat, typed.reason, None), now)
    except DomainError as error:
        if error.code is not ErrorCode.NOT_FOUND:
            raise
        return None


def _standing(session: Session, typed: Typed) -> Case | None:
    """The declaration of the year that stands in the way."""
    cases = CaseStore(session)
    found = cases.open_qualification(typed.year, typed.customer_no)
    if found is not None:
        return found
    return next((case for case in cases.approved(typed.year, typed.customer_no) if case.tier is Tier.GOLD), None)


def _facts(session: Session, customer: Customer, year: int, today: date) -> tuple[Fact, ...]:
    institution = InstitutionStore(session).get(customer.institution_code, EVERYTHING)
    held = current_memberships(session, [customer.customer_no], today).get(customer.customer_no)
    return (
        Fact(label=_("客户号"), value=customer.customer_no),
        Fact(label=_("机构"), value=institution.name if institution else customer.institution_code),
        Fact(label=_("行业"), value=customer.industry),
        Fact(label=_("员工／参保"), value=f"{whole(customer.employees)} / {whole(customer.insured_lives)}"),
        Fact(label=_("评定年度"), value=str(year)),
        Fact(label=_("现有层级"), value=tier_tag(held.tier if held else Tier.REGULAR).text),
    )


def _choices(typed: Typed) -> tuple[SeatChoice, ...]:
    values = [(choice_value(tier, seat), tier, seat) for tier, seat in CHOICES]
    return tuple(
        SeatChoice(
            value=value,
            text=f"{word(tier)} · {word(seat)}",
            hint=_(_HINTS[value]),
            chosen=value == typed.what,
        )
        for value, tier, seat in values
    )


def _preview(session: Session, typed: Typed, prepared: Prepared | None, now: datetime, declarant: UUID) -> Preview:
    if prepared is None or typed.choice is None:
        text = _("该客户没有保单，不能申报。请先导入保单和经验数据。")
        return Preview(obstacles=(Strip(text=text, tone=StripTone.WARN, icon="alert"),))
    tier, seat = typed.choice
    tiers, value = prepared.rulebook.tiers, prepared.score.value
    needed = entry_value(tiers, tier, seat, prepared.institutions[0].region_class)
    pool = seats_left(
        session,
        prepared.rulebook,
        year=typed.year,
        tier=tier,
        seat_kind=seat,
        institution_code=prepared.customer.institution_code,
    )
    rank = prepared.ranking.rank if prepared.ranking else None
    tags = (entry_tag(value, needed, word(tier), prepared.score.formula), *rank_tag(rank, tiers.gold.ranked_seats))
    return Preview(
        score=score_table(prepared.score, tags=tags),
        checks=_checks(prepared, _unasked(seat)),
        quota=_quota(pool),
        path=_path(
            session,
            prepared,
            local_date(now),
            Seating(prepared.customer.institution_code, account_ids(typed.signers), frozenset({declarant})),
        ),
        obstacles=_obstacles(typed, prepared, needed, pool),
    )


def _checks(prepared: Prepared, unasked: frozenset[str]) -> tuple[Check, ...]:
    """What is asked of the chosen seat; the others pass by themselves and would only be noise."""
    english, lines = language() == "en", [line for line in prepared.checks if line.code not in unasked]
    return tuple(Check(text=line.en if english else line.zh, passed=line.passed) for line in lines)


def _unasked(seat: SeatKind) -> frozenset[str]:
    if seat is SeatKind.NEW_CUSTOMER:
        return frozenset({"seat"})
    return frozenset({"seat", "new_customer", "entry_value"} if seat is SeatKind.SPECIAL else {"seat", "new_customer"})


def _quota(pool: SeatsLeft) -> str:
    return _("余 %(left)s 席（共 %(quota)s 席，已用 %(used)s）", left=pool.left, quota=pool.quota, used=pool.used)


def _obstacles(typed: Typed, prepared: Prepared, needed: Decimal, pool: SeatsLeft) -> tuple[Strip, ...]:
    """What is missing, and the way that is left: another seat, or 特批 with its own seats."""
    strips = []
    tier, seat = typed.choice or (Tier.SILVER, SeatKind.SILVER)
    if seat is not SeatKind.SPECIAL and prepared.score.value < needed:
        special = f"{NEW}?customer_no={quote(typed.customer_no)}&what={choice_value(tier, SeatKind.SPECIAL)}"
        text = _(
            "未达准入线 %(entry)s，还差 %(missing)s。",
            entry=value_text(needed, prepared.score.formula),
            missing=value_text(needed - prepared.score.value, prepared.score.formula),
        )
        strips.append(_warning(text, Link(text=_("改按特批申报（须总公司审批）"), href=special)))
    barred = [check for check in prepared.checks if not check.passed and check.code != "entry_value"]
    if barred:
        names = "、".join(check.en if language() == "en" else check.zh for check in barred)
        strips.append(_warning(_("未通过核对：%(names)s。更正数据后方可申报。", names=names)))
    if pool.left == 0:
        strips.append(_warning(_("名额已满：可申报，终审时若仍无空席则进入候补。")))
    return tuple(strips)


def _warning(text: str, *links: Link) -> Strip:
    return Strip(text=text, tone=StripTone.WARN, icon="alert", links=links)


def _path(session: Session, prepared: Prepared, today: date, seating: Seating) -> ApprovalPath:
    steps = tuple(_step(item, today) for item in preview_path(session, prepared.route, seating))
    acting = sum(1 for item in prepared.route if item.institution_code)
    return ApprovalPath(steps=steps, headline=_("%(n)s 级审批", n=acting))


def _step(item: PathItem, today: date) -> PathStep:
    if item.place is StepPlace.SKIPPED:
        return PathStep(state=StepState.SKIPPED, title=word(item.stage), who=_("机构无此级，跳过"))
    nobody = _("待申报人指定") if item.chosen else _("暂无人任职，将转运营监控岗")
    who = signers_ahead(item) or "、".join(item.people[:3]) or nobody
    if len(item.people) > 3 and not item.seats:
        who = _("%(role)s %(n)s 人可办", role=word(item.role), n=len(item.people))
    note = _("收到后 5 个工作日内")
    if item.due_on is not None and item.due_on > today:
        note = _("%(day)s前", day=short_day(item.due_on, today))
    if item.barred:
        note = "，".join((note, _("%(names)s 须回避", names="、".join(item.barred))))
    return PathStep(state=StepState.AHEAD, title=word(item.stage), who=who, note=note)


def _late(prepared: Prepared | None) -> str:
    if prepared is None or not prepared.is_late:
        return ""
    return _("已过申报期，按逾期申报处理，请说明原因。")


def _contacts_note(kinds: set[ContactKind]) -> str:
    missing = [word(kind) for kind in ContactKind if kind not in kinds]
    return _("尚未登记：%(kinds)s。可在导入联系人时补充。", kinds="、".join(missing)) if missing else ""


def _strips(shown: Shown, standing: Case | None) -> tuple[Strip, ...]:
    strips = []
    if shown.saved:
        strips.append(Strip(text=_("草稿已保存。"), tone=StripTone.OK, icon="check", focus=True))
    if shown.error is not None and shown.error.code is ErrorCode.ENGINE_UNAVAILABLE:
        strips.append(
            Strip(
                text=_("流程引擎暂不可用，未提交。您的内容已保留，请稍后重试。"),
                tone=StripTone.WARN,
                icon="alert",
                focus=True,
            )
        )
    if standing is not None:
        what = f"{word(standing.tier_applied)} · {word(standing.stage)}"
        text = _("该客户 %(year)s 年度已有申报（%(what)s），每年一件。", year=standing.year, what=what)
        link = Link(text=_("打开现有流程"), href=f"/cases/{standing.id}")
        focus = shown.error is not None and shown.error.code is ErrorCode.DUPLICATE_CASE
        strips.append(Strip(text=text, tone=StripTone.WARN, icon="alert", links=(link,), focus=focus))
    return tuple(strips)


_STRIPPED = frozenset({ErrorCode.ENGINE_UNAVAILABLE, ErrorCode.DUPLICATE_CASE})


def _errors(error: DomainError | None, prepared: Prepared | None, typed: Typed) -> ErrorSummary | None:
    """The refusal at the control it is about; what a strip already says is not said twice."""
    if error is None or error.code in _STRIPPED:
        return None
    summary = error_summary(error, reason=_("申报理由"))
    if summary.errors:
        return summary
    field_id = "what"
    if error.code is ErrorCode.REASON_REQUIRED:
        late = prepared is not None and prepared.is_late and typed.reason.strip()
        field_id = "late_reason" if late else "reason"
    return ErrorSummary(title=summary.title, errors=(FieldError(field_id=field_id, text=summary.title),))
