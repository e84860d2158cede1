"""当时所见 from the records: the stored snapshot, checked by its digest, beside what stands now."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from api.pages.build_clock import pauses_text
from api.pages.build_history import entry
from api.pages.desk import Desk
from api.pages.format import NOTHING, long_day, stamp, value_text, whole
from api.pages.i18n import _
from api.pages.score_view import score_table
from api.pages.view.evidence import EvidencePage
from api.pages.view.task import ChangeRow, Fact, Seat, SeatState
from api.pages.words import word
from models.errors import DomainError, ErrorCode
from models.messages.scoring import ScoreExplanation
from models.rules.calendar import local_date
from models.services.approval.evidence import evidence_of
from models.services.canonical import canonical
from models.services.case_view import CaseView, case_view
from models.services.rulebooks import formula_of, rulebook_of
from models.stores.cases import CaseStore
from models.tables.cases import Case
from models.types import SeatKind, Stage, Tier, Verdict


def evidence_page(desk: Desk, case: Case, step_no: int) -> EvidencePage:
    """The page of one decision. Raises NOT_FOUND when nothing was kept of it."""
    decision = CaseStore(desk.session).decision_at(case.id, step_no)
    if decision is None or decision.evidence_digest is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    seen = evidence_of(desk.session, decision)
    view = case_view(desk.session, case)
    item = next(item for item in view.timeline if item.step_no == step_no)
    shown = entry(item, desk.now)
    return EvidencePage(
        shell=desk.shell(),
        title=_("当时所见"),
        phone_title=_("当时所见"),
        back_href=f"/cases/{case.id}#timeline",
        json_href=f"/api/v1/cases/{case.id}/evidence/{step_no}",
        subject=str(seen["case"]["customer_name"]),
        sentence=_(
            "%(what)s，%(when)s，%(door)s。以下为其办理时页面所示。", what=shown.text, when=shown.at, door=shown.door
        ),
        digest=decision.evidence_digest,
        form=tuple(_form(seen, desk)),
        score=_score(seen),
        clock=tuple(_clock(seen["clock"], desk.now)),
        seats=tuple(_seats(seen)),
        differences=tuple(_differences(desk, view, seen)),
        same=_("与现在相同。"),
        raw=json.dumps(json.loads(canonical(seen)), ensure_ascii=False, indent=2),
    )


def _form(seen: Mapping[str, Any], desk: Desk) -> Iterator[Fact]:
    case, form = seen["case"], seen["form"]
    yield Fact(label=_("客户号"), value=case["customer_no"])
    yield Fact(label=_("层级"), value=word(Tier(case["tier"])))
    yield Fact(label=_("席位"), value=word(SeatKind(case["seat_kind"])))
    yield Fact(label=_("轮次"), value=_("第 %(round)s 轮", round=case["round"]))
    declared = stamp(datetime.fromisoformat(form["declared_at"]), desk.now)
    yield Fact(label=_("申报"), value=f"{form['declared_by']} {declared}", wide=True)
    yield Fact(label=_("规则版本"), value=f"{seen['rulebook']['code']} v{seen['rulebook']['version']}", wide=True)
    yield Fact(label=_("申报理由"), value=form["reason"] or NOTHING, wide=True)
    if form["late_reason"]:
        yield Fact(label=_("窗口外申报原因"), value=form["late_reason"], wide=True)


def _score(seen: Mapping[str, Any]) -> Any:
    explanation = seen["score"]["explanation"]
    if explanation is None:
        return None
    rule = _("规则 %(code)s v%(version)s", code=seen["rulebook"]["code"], version=seen["rulebook"]["version"])
    return score_table(ScoreExplanation.model_validate(explanation), rule=rule, tags=(), correction=None)


def _clock(clock: Mapping[str, Any], now: datetime) -> Iterator[Fact]:
    yield Fact(label=_("开启"), value=stamp(datetime.fromisoformat(clock["opened_at"]), now))
    due = datetime.fromisoformat(clock["due_at"])
    yield Fact(label=_("到期"), value=f"{long_day(local_date(due))} {stamp(due, now).rpartition(' ')[2]}", wide=True)
    yield Fact(label=_("日历版本"), value=str(clock.get("calendar_version", NOTHING)), wide=True)
    if clock["pauses"]:
        yield Fact(label=_("暂停"), value=pauses_text(len(clock["pauses"])))


def _seats(seen: Mapping[str, Any]) -> Iterator[Seat]:
    step = seen["step"]
    if step is None or len(step["signers"]) < 2:
        return
    signed = {one["signer_id"]: one for one in step["sign_offs"]}
    for signer in step["signers"]:
        one = signed.get(signer["signer_id"])
        name = signer["name"] or signer["group"] or signer["role"] or signer["signer_id"]
        if one is None:
            yield Seat(state=SeatState.OPEN, who=name, note=_("待签批"))
        else:
            refused = one["verdict"] == Verdict.REJECT.value
            state = SeatState.REFUSED if refused else SeatState.SIGNED
            yield Seat(state=state, who=one["actor_name"], note=word(Verdict(one["verdict"])))


def _differences(desk: Desk, view: CaseView, seen: Mapping[str, Any]) -> Iterator[ChangeRow]:
    """Every part of the snapshot that reads differently today."""
    now = _now(desk, view)
    for name, before in _then(desk, view, seen).items():
        after = now[name]
        if before != after:
            yield ChangeRow(field=name, before=before or NOTHING, after=after or NOTHING)


def _then(desk: Desk, view: CaseView, seen: Mapping[str, Any]) -> dict[str, str]:
    case, formula = seen["case"], formula_of(desk.session, view.case.rulebook_version_id)
    rulebook = seen["rulebook"]
    return _named(
        reason=seen["form"]["reason"] or "",
        value=value_text(Decimal(seen["score"]["value"]), formula),
        rank=seen["score"]["rank"],
        tier=Tier(case["tier"]),
        stage=Stage(case["stage"]),
        number=case["round"],
        facts=len(seen["facts"]),
        rulebook=f"{rulebook['code']} v{rulebook['version']}",
    )


def _now(desk: Desk, view: CaseView) -> dict[str, str]:
    case, formula = view.case, formula_of(desk.session, view.case.rulebook_version_id)
    version = rulebook_of(desk.session, case.rulebook_version_id).version
    corrections = [item for score in CaseStore(desk.session).scores(case.id) for item in score.corrections]
    return _named(
        reason=case.reason or "",
        value=value_text(case.value, formula),
        rank=case.rank,
        tier=view.state.tier,
        stage=view.state.stage,
        number=view.state.round,
        facts=len(corrections),
        rulebook=f"{version.code} v{version.version}",
    )


def _named(
    *, reason: str, value: str, rank: int | None, tier: Tier, stage: Stage, number: int, facts: int, rulebook: str
) -> dict[str, str]:
    return {
        _("申报理由"): reason,
        _("客户价值"): value,
        _("名次"): whole(rank) if rank is not None else "",
        _("层级"): word(tier),
        _("环节"): word(stage),
        _("轮次"): _("第 %(round)s 轮", round=number),
        _("更正条数"): str(facts),
        _("规则版本"): rulebook,
    }
