"""重新提交: reason and facts as they stand or were typed, and what sending them would change."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from uuid import uuid4

from api.pages.build_acts import TypedAct, filled
from api.pages.build_facts import explanation_of
from api.pages.build_history import field_word
from api.pages.corrections import correction_fields, typed_facts
from api.pages.desk import Desk
from api.pages.format import NOTHING, amount, difference, short_day
from api.pages.i18n import _
from api.pages.view.acts import ActForm
from api.pages.view.case import Resubmission
from api.pages.view.task import ChangeRow, Comparison
from api.pages.words import word
from models.errors import DomainError
from models.messages.scoring import Correction
from models.rules import approval
from models.rules.calendar import local_date
from models.services import drafts
from models.services.case_view import CaseView
from models.services.desk.resubmission import Changes, changes_of
from models.services.qualification.rescore import preview
from models.stores.cases import CaseStore
from models.types import Stage, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedResubmission:
    """What the declarant typed, as it goes back into the form."""

    reason: str = ""
    comment: str = ""
    key: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    previewed: bool = False
    error: DomainError | None = None


def draft_subject(case_id: object) -> str:
    """Where the form is kept while it is being typed."""
    return f"resubmit:{case_id}"


def resubmission(desk: Desk, view: CaseView, typed: TypedResubmission | None) -> Resubmission:
    """The form, with what was typed or kept as a draft."""
    case, typed = view.case, typed or _draft(desk, view)
    shown = typed or TypedResubmission(reason=case.reason or "")
    changes = _changes(desk, view, shown) if shown.previewed else None
    form = ActForm(
        name="resubmit",
        action=f"/cases/{case.id}/resubmit",
        text=_("重新提交"),
        hint=_hint(view),
        idempotency_key=uuid4().hex,
        version=view.state.version,
        comment_label=_("说明"),
    )
    back = next((item for item in reversed(view.timeline) if item.act == Verdict.RETURN.value), None)
    day = short_day(local_date(back.at), local_date(desk.now)) if back else ""
    return Resubmission(
        act=filled(form, TypedAct(name="resubmit", key=shown.key, comment=shown.comment)),
        preview_action=f"/cases/{case.id}/resubmit/preview",
        reason=shown.reason,
        fields=correction_fields(desk.session, case, shown.facts),
        facts_open=bool(shown.facts),
        changes=_compared(desk, view, changes) if changes is not None else None,
        kept=_kept(view, changes) if changes is not None else "",
        returned=_("%(day)s 由 %(who)s 退回", day=day, who=back.actor) if back else "",
        why=back.comment if back else "",
        draft_href=f"/drafts/{draft_subject(case.id)}",
    )


def _hint(view: CaseView) -> str:
    """Which steps come again: all of them, or those that look at what is changed."""
    if approval.kept_sign_offs(view.state, ()):
        return _("更正后重新提交，从第一步起再审；更改未涉及的签批予以保留。")
    return _("更正后重新提交，从第一步起再审。")


def _draft(desk: Desk, view: CaseView) -> TypedResubmission | None:
    kept = drafts.load(desk.session, desk.caller.account_id, draft_subject(view.case.id))
    if kept is None:
        return None
    facts = {name: value for name, value in kept.fields.items() if ":" in name}
    return TypedResubmission(
        reason=kept.fields.get("reason", view.case.reason or ""), comment=kept.fields.get("comment", ""), facts=facts
    )


def _changes(desk: Desk, view: CaseView, typed: TypedResubmission) -> Changes | None:
    """What really differs; None while something typed is no sum: the form says so itself."""
    try:
        facts = typed_facts(desk.session, view.case, typed.facts)
        return changes_of(desk.session, view.case, typed.reason, facts)
    except DomainError:
        return None


def _compared(desk: Desk, view: CaseView, changes: Changes) -> Comparison:
    return Comparison(
        before_title=_("第 %(round)s 轮", round=max(1, view.state.round - 1)),
        after_title=_("第 %(round)s 轮", round=view.state.round),
        rows=tuple(_rows(desk, view, changes)),
    )


def _rows(desk: Desk, view: CaseView, changes: Changes) -> Iterator[ChangeRow]:
    if changes.reason is not None:
        yield ChangeRow(field=field_word("reason"), before=view.case.reason or NOTHING, after=changes.reason)
    if not changes.corrections:
        return
    effect = _effect(desk, view, changes.corrections)
    standing = {item.name: item.value for item in correction_fields(desk.session, view.case, {})}
    for item in changes.corrections:
        yield ChangeRow(
            field=field_word(f"{item.field.value} {item.policy_no}"),
            before=standing.get(f"{item.field.value}:{item.policy_no}", NOTHING),
            after=amount(item.value),
            effect=effect,
        )


def _effect(desk: Desk, view: CaseView, corrections: tuple[Correction, ...]) -> str:
    scores = CaseStore(desk.session).scores(view.case.id)
    after = preview(desk.session, view.case, corrections)
    before = explanation_of(scores[-1])
    return _("客户价值 %(difference)s", difference=difference(after.value - before.value, after.formula))


def _kept(view: CaseView, changes: Changes) -> str:
    """保留签批：机构复核（李建国）: the steps that need not sign again."""
    kept = approval.kept_sign_offs(view.state, changes.changed)
    if not kept:
        return _("各环节均须重新签批。")
    names = "、".join(
        f"{word(Stage(one.stage))}（{'、'.join(sign.actor_name for sign in one.sign_offs)}）" for one in kept
    )
    return _("保留签批：%(steps)s，不必再签。", steps=names)
