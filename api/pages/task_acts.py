"""`/tasks/{id}/acts/{name}`: everything beside the decision, sent from the page of the task; nothing typed is lost."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import acts, chain_acts, desk_acts
from api.acts import Prepare
from api.chain_acts import Judgement
from api.pages.acting import checked_comment, has_own_page, keep_draft, pending, send, usable_key
from api.pages.build_acts import TypedAct
from api.pages.build_task import Shown
from api.pages.desk import desk_of
from api.pages.render import see_other
from api.pages.snoozing import snooze_until
from api.pages.tasks import AtDep, AtTask, task_answer
from models.errors import DomainError, ErrorCode
from models.services.idempotency import Key
from models.types import AddedPosition, PauseReason, Verdict

router = APIRouter(prefix="/tasks")
Text = Annotated[str, Form(max_length=100)]


class ActName(StrEnum):
    """The acts that a form of the page may send."""

    TRANSFER = "transfer"
    DELEGATE = "delegate"
    HAND_BACK = "hand_back"
    ADD_SIGNER = "add_signer"
    REMOVE_SIGNER = "remove_signer"
    TAKE_BACK = "take_back"
    PAUSE = "pause"
    RESUME = "resume"
    REASSIGN = "reassign"
    OVERRIDE = "override"
    CLAIM = "claim"
    RELEASE = "release"
    SNOOZE = "snooze"
    ASK = "ask"
    CC = "cc"


_LEAVES = {ActName.CLAIM, ActName.SNOOZE}
"""After these the reader goes on with the list it came from, when it came from there."""


@dataclass(frozen=True)
class ActForm:
    """The form of an act as it was sent."""

    to: tuple[str, ...]
    choice: str
    comment: str
    version: str
    key: str
    signer_id: str
    back: str

    def content(self) -> dict[str, Any]:
        """What tells this act from another one under the same key."""
        return {"to": self.to, "choice": self.choice, "comment": self.comment, "signer_id": self.signer_id}

    def number(self) -> int:
        """The version the person saw. Raises STALE_VERSION for what is none."""
        if not self.version.isdecimal():
            raise DomainError(ErrorCode.STALE_VERSION)
        return int(self.version)

    def people(self) -> tuple[UUID, ...]:
        """Whom the act names. Raises INVALID_INPUT when nobody was chosen."""
        try:
            found = tuple(UUID(value) for value in self.to if value)
        except ValueError as error:
            raise _wrong("to", "uuid_parsing") from error
        if not found:
            raise _wrong("to", "missing")
        return found

    def one_of(self, kind: type[StrEnum]) -> Any:
        """The choice as one of a kind. Raises INVALID_INPUT."""
        try:
            return kind(self.choice)
        except ValueError as error:
            raise _wrong("reason", "enum") from error


def _wrong(field: str, reason: str) -> DomainError:
    return DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": field, "reason": reason}])


async def _form(
    *,
    to: Annotated[list[str] | None, Form()] = None,
    choice: Text = "",
    comment: Annotated[str, Form(max_length=50_000)] = "",
    version: Text = "",
    idempotency_key: Text = "",
    signer_id: Text = "",
    back: Text = "",
) -> ActForm:
    return ActForm(tuple(to or ()), choice, comment, version, usable_key(idempotency_key), signer_id, back)


@router.post("/{task_id}/acts/{name}")
async def act(at: AtDep, name: ActName, form: Annotated[ActForm, Depends(_form)]) -> Response:
    """Do it, and come back to the task with what became of it."""
    try:
        checked_comment(form.comment)
        key = acts.key_for(at.caller, form.key, f"{name}:{at.task_id}", form.content())
        await _do(at, name, form, key)
    except DomainError as error:
        return await _not_done(at, name, form, error)
    if name is ActName.HAND_BACK:
        await keep_draft(at.database, at.caller.account_id, at.subject, {})
    if name in _LEAVES and form.back == "list":
        return see_other(at.request, at.query.href())
    return see_other(at.request, at.href(done=name.value))


async def _do(at: AtTask, name: ActName, form: ActForm, key: Key) -> None:
    if name in _AROUND:
        await run_in_threadpool(_record, at, name, form, key)
    else:
        await send(at.request, at.database, key, _CHAIN[name](at, form, key))


async def _not_done(at: AtTask, name: ActName, form: ActForm, error: DomainError) -> Response:
    """The page again, the form open with what was typed in it; 202 waits for the outcome."""
    if not has_own_page(error):
        raise error
    if error.code is ErrorCode.NOT_YET_CONFIRMED:
        return await run_in_threadpool(
            pending, at.request, at.database, at.caller, form.key, kept=form.comment, back=at.href()
        )
    if name is ActName.HAND_BACK and form.comment.strip():
        await keep_draft(at.database, at.caller.account_id, at.subject, {"comment": form.comment})
    shown_name = f"{name}-{form.signer_id}" if name is ActName.REMOVE_SIGNER else name.value
    typed = TypedAct(name=shown_name, key=form.key, to=form.to, choice=form.choice, comment=form.comment, error=error)
    return await run_in_threadpool(task_answer, at, Shown(query=at.query, act=typed))


_Chain = Callable[[AtTask, ActForm, Key], Prepare]


def _handed(do: Callable[..., Prepare]) -> _Chain:
    def prepared(at: AtTask, form: ActForm, key: Key) -> Prepare:
        to = form.people()[0]
        return do(at.caller, key, at.task_id, version=form.number(), to=to, comment=form.comment.strip())

    return prepared


def _plain(do: Callable[..., Prepare]) -> _Chain:
    def prepared(at: AtTask, form: ActForm, key: Key) -> Prepare:
        return do(at.caller, key, at.task_id, version=form.number(), comment=form.comment.strip())

    return prepared


def _add_signer(at: AtTask, form: ActForm, key: Key) -> Prepare:
    return chain_acts.add_signer(
        at.caller,
        key,
        at.task_id,
        version=form.number(),
        to=form.people()[0],
        position=form.one_of(AddedPosition),
        comment=form.comment.strip(),
    )


def _remove_signer(at: AtTask, form: ActForm, key: Key) -> Prepare:
    version, comment = form.number(), form.comment.strip()
    return chain_acts.remove_signer(
        at.caller, key, at.task_id, version=version, signer_id=form.signer_id, comment=comment
    )


def _take_back(at: AtTask, form: ActForm, key: Key) -> Prepare:
    return chain_acts.take_back(at.caller, key, at.task_id, comment=form.comment.strip())


def _pause(at: AtTask, form: ActForm, key: Key) -> Prepare:
    reason, comment = form.one_of(PauseReason), form.comment.strip()
    return chain_acts.pause_clock(at.caller, key, at.task_id, version=form.number(), reason=reason, comment=comment)


def _override(at: AtTask, form: ActForm, key: Key) -> Prepare:
    judgement = Judgement(form.one_of(Verdict), form.number(), form.comment.strip())
    return chain_acts.override(at.caller, key, at.task_id, judgement)


_CHAIN: dict[ActName, _Chain] = {
    ActName.TRANSFER: _handed(chain_acts.transfer),
    ActName.DELEGATE: _handed(chain_acts.delegate),
    ActName.REASSIGN: _handed(chain_acts.reassign),
    ActName.HAND_BACK: _plain(chain_acts.hand_back),
    ActName.RESUME: _plain(chain_acts.resume_clock),
    ActName.ADD_SIGNER: _add_signer,
    ActName.REMOVE_SIGNER: _remove_signer,
    ActName.TAKE_BACK: _take_back,
    ActName.PAUSE: _pause,
    ActName.OVERRIDE: _override,
}
CHAIN_ACTS = frozenset(name.value for name in _CHAIN)
"""Acts that the workflow answers, so that an answer may get lost on the way."""


def _record(at: AtTask, name: ActName, form: ActForm, key: Key) -> None:
    with at.database.write() as session:
        _AROUND[name](session, at, form, key)


def _claim(session: Session, at: AtTask, _: ActForm, key: Key) -> None:
    desk_acts.claim(session, at.caller, key, at.task_id)


def _release(session: Session, at: AtTask, _: ActForm, key: Key) -> None:
    desk_acts.release(session, at.caller, key, at.task_id)


def _snooze(session: Session, at: AtTask, form: ActForm, key: Key) -> None:
    until = snooze_until(desk_of(at.request, session, at.caller), form.choice) if form.choice else None
    desk_acts.snooze(session, at.caller, key, at.task_id, until=until)


def _ask(session: Session, at: AtTask, form: ActForm, key: Key) -> None:
    desk_acts.ask(session, at.caller, key, at.task_id, to=form.people()[0], text=form.comment)


def _cc(session: Session, at: AtTask, form: ActForm, key: Key) -> None:
    desk_acts.cc(session, at.caller, key, at.task_id, people=form.people(), text=form.comment.strip())


_AROUND: dict[ActName, Callable[[Session, AtTask, ActForm, Key], None]] = {
    ActName.CLAIM: _claim,
    ActName.RELEASE: _release,
    ActName.SNOOZE: _snooze,
    ActName.ASK: _ask,
    ActName.CC: _cc,
}
