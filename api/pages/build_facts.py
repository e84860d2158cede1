"""What a decision is made on: the score with its corrections, the checks, the declaration in brief, what changed."""

from collections.abc import Iterator, Sequence

from sqlmodel import Session

from api.pages.build_history import changes_of
from api.pages.care_gift import gift_facts
from api.pages.desk import Desk
from api.pages.format import NOTHING, amount, difference, mask_name, mask_phone, short_day, whole
from api.pages.i18n import _, language
from api.pages.score_view import entry_tag, rank_tag, score_table
from api.pages.spend_facts import spend_facts
from api.pages.view.common import Article, Link, Tag, TagTone
from api.pages.view.score import ScoreCorrection, ScoreTable
from api.pages.view.task import ChangeRow, Check, Comparison, Declaration, Fact
from api.pages.words import word
from api.security.policy import Action
from models.messages.scoring import ScoreExplanation
from models.rules.calendar import local_date
from models.rules.eligibility import entry_value
from models.services.case_view import CaseView
from models.services.desk.resubmission import REASON
from models.services.qualification.rescore import checks_of
from models.services.rulebooks import rulebook_of
from models.stores.cases import CaseStore
from models.stores.customers import contacts_of
from models.stores.evaluations import EvaluationStore
from models.stores.memberships import current_memberships
from models.tables.book import Contact, Customer
from models.tables.cases import Case, CaseScore
from models.tables.organisation import Institution
from models.types import CaseKind, SeatKind, Stage, Tier


def explanation_of(score: CaseScore) -> ScoreExplanation:
    """The stored reckoning of a case."""
    return ScoreExplanation.model_validate(score.explanation)


def case_score(view: CaseView, desk: Desk, proposed: ScoreExplanation | None = None) -> ScoreTable | None:
    """The reckoning the case stands on, or a reviewer's proposal with its difference; None where it may not be seen."""
    if not desk.caller.may(Action.READ_SCORES):
        return None
    scores = CaseStore(desk.session).scores(view.case.id)
    if not scores:
        return None
    shown = proposed or explanation_of(scores[-1])
    correction = _proposal(scores[-1], proposed) if proposed else _correction(view, scores)
    in_force = rulebook_of(desk.session, view.case.rulebook_version_id)
    rule = _("规则 %(code)s v%(version)s", code=in_force.version.code, version=in_force.version.version)
    return score_table(shown, rule=rule, tags=_score_tags(view, desk.session, shown), correction=correction)


def _score_tags(view: CaseView, session: Session, shown: ScoreExplanation) -> Iterator[Tag]:
    case, value, tiers = view.case, shown.value, rulebook_of(session, view.case.rulebook_version_id).rulebook.tiers
    if case.seat_kind is not SeatKind.SPECIAL:
        institution = session.get(Institution, case.institution_code)
        region = institution.region_class if institution else 1
        needed = entry_value(tiers, case.tier, case.seat_kind, region)
        yield entry_tag(value, needed, word(case.tier), shown.formula)
    yield from rank_tag(case.rank, tiers.gold.ranked_seats)
    store = EvaluationStore(session)
    row = store.row(case.year, case.customer)
    # Points have no place in a list of yuan, nor yuan in one of points.
    comparable = case.tier is Tier.GOLD and store.formula(case.year) == shown.formula
    reviewed = store.reviewed_rank(row, value) if row and comparable else None
    if reviewed is not None and reviewed != case.rank:
        yield Tag(text=_("复核后第 %(rank)s 名", rank=f"{reviewed:,}"), tone=TagTone.WARN)


def _proposal(standing: CaseScore, proposed: ScoreExplanation) -> ScoreCorrection:
    return ScoreCorrection(
        before=whole(standing.value),
        after=whole(proposed.value),
        difference=difference(proposed.value - standing.value, proposed.formula),
        note=_("试算，未提交。填写意见后提交更正。"),
    )


def _correction(view: CaseView, scores: Sequence[CaseScore]) -> ScoreCorrection | None:
    corrected = [score for score in scores if score.corrections]
    if not corrected:
        return None
    policies = "、".join(dict.fromkeys(str(item["policy_no"]) for score in corrected for item in score.corrections))
    act = next((item for item in reversed(view.timeline) if item.act == "correct"), None)
    return ScoreCorrection(
        before=whole(scores[0].value),
        after=whole(corrected[-1].value),
        difference=difference(corrected[-1].value - scores[0].value, explanation_of(scores[0]).formula),
        note=_("%(who)s 更正 %(what)s：%(why)s", who=act.actor, what=policies, why=act.comment) if act else policies,
    )


def case_checks(view: CaseView, desk: Desk, *, may_act: bool) -> tuple[Check, ...]:
    """资格核对, and that the reader may decide at all."""
    if not desk.caller.may(Action.READ_SCORES):
        return ()
    lone = view.case.kind is not CaseKind.QUALIFICATION  # nobody asks for a seat
    found = [
        _check(line.en if language() == "en" else line.zh, passed=line.passed)
        for line in (() if lone else checks_of(desk.session, view.case, view.state))
        if line.code not in _silent_checks(view.case)
    ]
    return (*found, Check(text=_("您不是申报人，也未办理上一步"))) if may_act else tuple(found)


def _silent_checks(case: Case) -> set[str]:
    """Checks that say nothing about this kind of seat."""
    if case.seat_kind is SeatKind.SPECIAL:
        return {"seat", "entry_value", "new_customer"}
    return {"seat"} if case.seat_kind is SeatKind.NEW_CUSTOMER else {"seat", "new_customer"}


def _check(text: str, *, passed: bool) -> Check:
    return Check(text=text if passed else _("未通过：%(what)s", what=text), passed=passed)


def declaration(view: CaseView, desk: Desk) -> Declaration:
    """申报信息 in brief; contacts masked, and only for readers of customers."""
    customer = desk.session.get(Customer, view.case.customer_no) if view.case.customer_no else None
    facts = [Fact(label=_("客户号") if customer else _("机构"), value=view.case.number)]
    full = None
    if customer and desk.caller.may(Action.READ_CUSTOMERS):
        full = Link(text=_("查看客户"), href=f"/customers/{customer.customer_no}")
        facts += _customer_facts(desk, customer)
    lone = view.case.kind is not CaseKind.QUALIFICATION
    facts += gift_facts(desk, view.case)
    facts += spend_facts(desk, view.case)
    reason = _("理由") if lone else _("申报理由")
    facts.append(Fact(label=reason, value=view.case.reason or NOTHING, wide=True))
    if view.case.late_reason:
        facts.append(Fact(label=_("窗口外申报原因"), value=view.case.late_reason, wide=True))
    if lone:
        title = _("客户与理由") if customer else _("事项与理由")
        return Declaration(title=title, facts=tuple(facts), full=full)
    return Declaration(title=_("申报信息"), facts=tuple(facts), articles=(Article(text=_("附件一")),), full=full)


def _customer_facts(desk: Desk, customer: Customer) -> Iterator[Fact]:
    yield Fact(label=_("行业"), value=customer.industry or NOTHING)
    lives = _("%(employees)s / %(lives)s 人", employees=whole(customer.employees), lives=whole(customer.insured_lives))
    yield Fact(label=_("员工 / 参保"), value=lives)
    held = current_memberships(desk.session, [customer.customer_no], local_date(desk.now)).get(customer.customer_no)
    yield Fact(label=_("现有层级"), value=f"{word(held.tier)} {held.year}" if held else word(Tier.REGULAR))
    for contact in contacts_of(desk.session, customer.customer_no):
        yield _contact(contact)


def _contact(contact: Contact) -> Fact:
    return Fact(
        label=word(contact.kind),
        value=f"{mask_name(contact.name)} {contact.title}",
        hint=mask_phone(contact.mobile) if contact.mobile else "",
    )


def comparison(view: CaseView, desk: Desk) -> Comparison | None:
    """与上一轮相比, from the second round on; what the declarant changed, what was corrected in this round, and why
    the one before came back. Nothing to compare while the declarant has it."""
    now_round = view.state.round
    if now_round == 1 or view.state.stage is Stage.RETURNED or not desk.caller.may(Action.READ_SCORES):
        return None
    scores = CaseStore(desk.session).scores(view.case.id)
    before = [score for score in scores if score.round < now_round][-1:]
    figures = tuple(_changes(explanation_of(before[0]), explanation_of(scores[-1]))) if before else ()
    back = next(
        (item for item in reversed(view.timeline) if item.act == "return" and item.round == now_round - 1), None
    )
    return Comparison(
        before_title=_("第 %(round)s 轮", round=now_round - 1),
        after_title=_("第 %(round)s 轮", round=now_round),
        rows=(*_new_reason(view), *figures),
        note=_returned(back.actor, short_day(local_date(back.at), local_date(desk.now)), now_round) if back else "",
        reason=back.comment if back else "",
    )


def _new_reason(view: CaseView) -> Iterator[ChangeRow]:
    """申报理由 before and after, where the declarant wrote another one for this round."""
    resubmitted = [item for item in view.timeline if item.act == "resubmit" and item.round == view.state.round]
    for item in resubmitted[-1:]:
        yield from (row for name, row in zip(item.changes or {}, changes_of(item), strict=True) if name == REASON)


def _returned(who: str, day: str, now_round: int) -> str:
    return _("第 %(round)s 轮于 %(day)s 被 %(who)s 退回", round=now_round - 1, day=day, who=who)


def _changes(before: ScoreExplanation, after: ScoreExplanation) -> Iterator[ChangeRow]:
    old = {line.policy_no: line for line in before.lines}
    effect = _("客户价值 %(difference)s", difference=difference(after.value - before.value, after.formula))
    for line in after.lines:
        earlier = old.get(line.policy_no)
        if earlier is not None and earlier.premium != line.premium:
            yield ChangeRow(
                field=_("%(policy_class)s 类实收保费", policy_class=line.product_class.value),
                field_hint=line.policy_no,
                before=amount(earlier.premium),
                after=amount(line.premium),
                effect=effect,
            )
    if before.profit.incurred != after.profit.incurred:
        yield ChangeRow(
            field=_("已发生赔款"),
            before=amount(before.profit.incurred),
            after=amount(after.profit.incurred),
            effect=effect,
        )
