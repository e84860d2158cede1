"""沟通: comments, questions and answers of a case with their files, and the forms to add to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from api.act_base import OnTask
from api.candidates import Purpose
from api.pages.build_acts import TypedAct, filled
from api.pages.build_pickers import Pickers
from api.pages.desk import Desk
from api.pages.format import local, stamp
from api.pages.i18n import _
from api.pages.lists import href
from api.pages.view.acts import ActForm, FileLink, Remark, Thread
from api.security.policy import Action
from models.services.desk.comments import ANSWER, ASK, COMMENT
from models.services.desk.thread import URGE, ThreadFile, ThreadItem, thread_of
from models.tables.cases import Case

_KB = 1024


@dataclass(frozen=True)
class Around:
    """Whose thread it is, for whom, what was typed, and where the reader comes back to."""

    desk: Desk
    found: OnTask | None
    """A task of the case: the people near it may be mentioned."""
    case: Case
    typed: TypedAct | None
    back: str


def thread(around: Around) -> Thread:
    """The thread of a case, with the form to add to it."""
    items = thread_of(around.desk.session, around.case)
    said = tuple(_remark(around, item, items) for item in items if item.kind != ANSWER)
    may_add = around.desk.caller.may(Action.COMMENT_CASE)
    return Thread(remarks=said, add=_comment(around) if may_add else None)


def _remark(around: Around, item: ThreadItem, items: Sequence[ThreadItem]) -> Remark:
    """One thing said; answers stand under their question."""
    desk = around.desk
    answers = [other for other in items if other.kind == ANSWER and other.answers_id == item.id]
    asked = item.open_question and item.to_id == desk.caller.account_id
    return Remark(
        anchor=f"said-{item.id}",
        who=item.author,
        what=_what(item),
        text=item.text,
        at=stamp(item.at, desk.now),
        at_iso=local(item.at).isoformat(timespec="seconds"),
        mentions="、".join(f"@{name}" for _id, name in item.mentions),
        files=tuple(_file(around.case, file) for file in item.files),
        answers=tuple(_remark(around, answer, ()) for answer in answers),
        open_question=item.open_question,
        answer=_answer(around, item) if asked else None,
    )


def _what(item: ThreadItem) -> str:
    if item.kind == ASK:
        waiting = _("征询 %(who)s，待答复", who=item.to_name)
        return waiting if item.open_question else _("征询 %(who)s", who=item.to_name)
    texts = {COMMENT: _("评论"), ANSWER: _("答复"), URGE: _("催办")}
    return texts.get(item.kind, _("抄送 %(who)s", who=item.to_name))


def _file(case: Case, file: ThreadFile) -> FileLink:
    size = f"{max(1, file.size // _KB):,} KB"
    return FileLink(name=file.name, href=f"/cases/{case.id}/attachments/{file.id}", size=size)


def _comment(around: Around) -> ActForm:
    typed = around.typed if around.typed and around.typed.name == COMMENT else None
    picker = None
    if around.found is not None:
        people = Pickers(around.desk, around.found)
        picker = people.of(Purpose.MENTION, _("提及（可不选，可多选）"), several=True, optional=True)
    form = ActForm(
        name=COMMENT,
        action=_action(around, "comments"),
        text=_("评论"),
        hint=_("有权查看本件的人都能看到；提及的人会收到通知。"),
        idempotency_key=uuid4().hex,
        picker=picker,
        comment_label=_("评论内容"),
        comment_required=True,
        comment_rows=2,
        files=True,
    )
    return filled(form, typed)


def _answer(around: Around, item: ThreadItem) -> ActForm:
    form = ActForm(
        name=answer_name(item.id),
        action=_action(around, f"questions/{item.id}/answer"),
        text=_("答复"),
        idempotency_key=uuid4().hex,
        comment_label=_("您的答复"),
        comment_required=True,
        comment_rows=2,
    )
    return filled(form, around.typed)


def answer_name(question_id: UUID) -> str:
    """The form of the answer to one question."""
    return f"answer-{question_id}"


def _action(around: Around, what: str) -> str:
    return href(f"/cases/{around.case.id}/{what}", {"back": around.back})
