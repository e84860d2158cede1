"""The forms of a touchpoint: completing it, a gift's sign-off, another day, leaving it out."""

from uuid import uuid4

from api.care_answers import is_overdue, proof_asked
from api.pages.care_shown import CLEARANCE, COMPLETE, RESCHEDULE, SKIP, Shown, gift_facts_of, merged_links
from api.pages.i18n import _
from api.pages.view.care import ClearanceForm, CompleteForm, MoveForm
from api.pages.words import word
from models.errors import ErrorCode
from models.rules.calendar import local_date
from models.service_types import ProofKind
from models.services.care import gifts
from models.services.care.doing import OPEN
from models.stores.gifts import GiftStore
from models.types import Stage

ACCEPT = "image/jpeg,image/png,image/webp"


def complete_form(shown: Shown) -> CompleteForm | None:
    row, typed = shown.row, shown.typed
    if not shown.may_do or row.stage not in OPEN or row.stage is Stage.HUSHED or row.merged_into is not None:
        return None
    today = local_date(shown.desk.now).isoformat()
    cleared = [one for one in GiftStore(shown.desk.session).clearances(row.id) if one.cleared_at is not None]
    gift = cleared[-1] if cleared else None
    asked = proof_asked(shown.entry)
    values = {name: typed.of(COMPLETE, name) for name in ("content", "cost", "feedback", "follow_up", "follow_up_on")}
    code = typed.error.code if typed.error and typed.form == COMPLETE else None
    late = is_overdue(row, local_date(shown.desk.now)) or code is ErrorCode.LATE_REASON_REQUIRED
    return CompleteForm(
        action=f"{shown.href}/{COMPLETE}",
        key=uuid4().hex,
        version=shown.version,
        button=_("完成"),
        today=today,
        done_on=typed.of(COMPLETE, "done_on", today),
        gift_name=typed.of(COMPLETE, "gift_name", gift.gift_name if gift else ""),
        gift_value=typed.of(COMPLETE, "gift_value", gifts.plain(gift.gift_value) if gift else ""),
        gift_hint=gift_facts_of(shown)[0].value,
        late_reason=typed.of(COMPLETE, "late_reason"),
        asks_late_reason=late,
        photo_label=_("照片（必交）") if ProofKind.PHOTO in asked else _("照片"),
        signature_label=_("签名图片（必交）") if ProofKind.SIGNATURE in asked else _("签名图片"),
        accept=ACCEPT,
        gift_open=bool(gift or typed.of(COMPLETE, "gift_name") or typed.of(COMPLETE, "gift_value")),
        more_open=any(values[name] for name in ("cost", "feedback", "follow_up", "follow_up_on")),
        also="、".join(link.text for link in merged_links(shown)),
        content=values["content"],
        cost=values["cost"],
        feedback=values["feedback"],
        follow_up=values["follow_up"],
        follow_up_on=values["follow_up_on"],
    )


def clearance_form(shown: Shown) -> ClearanceForm | None:
    row, typed = shown.row, shown.typed
    if not shown.may_do or row.stage not in OPEN or _waiting(shown):
        return None
    over = typed.form == COMPLETE and typed.error is not None and typed.error.code is ErrorCode.GIFT_CAP_EXCEEDED
    source = COMPLETE if over else CLEARANCE
    signer = word(shown.rulebook.care.gift_cap.signoff_role)
    return ClearanceForm(
        action=f"{shown.href}/{CLEARANCE}",
        key=uuid4().hex,
        gift_name=typed.of(source, "gift_name"),
        gift_value=typed.of(source, "gift_value"),
        reason=typed.of(CLEARANCE, "reason"),
        hint=_("超过限额的礼品须先报 %(signer)s 审批，批准后再赠送。", signer=signer),
        open=over or typed.form == CLEARANCE,
    )


def _waiting(shown: Shown) -> bool:
    found = GiftStore(shown.desk.session).clearances(shown.row.id)
    return any(one.cleared_at is None and one.refused_at is None for one in found)


def move_forms(shown: Shown) -> tuple[MoveForm, ...]:
    row, typed = shown.row, shown.typed
    if not (shown.may_do or shown.may_lead) or row.stage not in OPEN:
        return ()

    def form(name: str, text: str, hint: str, day: str | None) -> MoveForm:
        return MoveForm(
            name=name,
            action=f"{shown.href}/{name}",
            key=uuid4().hex,
            version=shown.version,
            text=text,
            hint=hint,
            day=day,
            reason=typed.of(name, "reason"),
            open=typed.form == name,
        )

    return (
        form(RESCHEDULE, _("改期"), _("改到哪一天；非工作日自动顺延。"), typed.of(RESCHEDULE, "due_on")),
        form(SKIP, _("跳过"), _("本次不做，并说明原因。"), None),
    )
