"""代理设置: dates, scope, who; the rehearsal before saving; what is set, and ending it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form, Query, Request
from pydantic import ValidationError
from starlette.responses import Response

from api import stand_in_acts
from api.acts import key_for
from api.deps import Action, Caller, DatabaseDep, require
from api.pages.acting import usable_key
from api.pages.lists import href
from api.pages.render import render, see_other
from api.pages.stand_ins_view import STAND_INS, StandInQuery, Typed, stand_ins_page
from api.problems import invalid_input, problem_of
from api.schemas.stand_ins import StandInBody
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.rules.calendar import local_date

router = APIRouter(prefix=STAND_INS)
CallerDep = Annotated[Caller, require(Action.SET_STAND_IN)]
Text = Annotated[str, Form(max_length=100)]
_ON_FORM = frozenset({ErrorCode.INVALID_INPUT, ErrorCode.STAND_IN_LOOP, ErrorCode.IDEMPOTENCY_CONFLICT})


async def _typed(
    *,
    principal: Text = "",
    stand_in: Text = "",
    starts_on: Text = "",
    ends_on: Text = "",
    kind: Text = "",
    tier: Text = "",
    institution_code: Text = "",
    reason: Annotated[str, Form(max_length=600)] = "",
    idempotency_key: Text = "",
) -> Typed:
    return Typed(
        principal=principal,
        stand_in=stand_in,
        starts_on=starts_on,
        ends_on=ends_on,
        kind=kind,
        tier=tier,
        institution_code=institution_code,
        reason=reason,
        key=usable_key(idempotency_key),
    )


TypedDep = Annotated[Typed, Depends(_typed)]


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request of the page."""

    request: Request
    database: Database
    caller: Caller
    typed: Typed


async def _asked(request: Request, database: DatabaseDep, caller: CallerDep, typed: TypedDep) -> _Asked:
    return _Asked(request, database, caller, typed)


@router.get("")
def show_stand_ins(
    request: Request,
    database: DatabaseDep,
    caller: CallerDep,
    *,
    principal: Annotated[str, Query(max_length=100)] = "",
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The empty form for today, and what is set."""
    today = local_date(datetime.now(UTC)).isoformat()
    typed = Typed(principal=principal, starts_on=today, ends_on=today, key=uuid4().hex)
    return _shown(request, database, caller, StandInQuery(typed=typed, done=done))


@router.post("/rehearse")
def rehearse(asked: Annotated[_Asked, Depends(_asked)]) -> Response:
    """The outlook of the form, with the button that saves exactly this."""
    try:
        with asked.database.read() as session:
            found = stand_in_acts.rehearsal(session, asked.caller, _body(asked.typed))
    except DomainError as error:
        return _refused(asked, error)
    query = StandInQuery(typed=asked.typed, rehearsal=found)
    return _shown(asked.request, asked.database, asked.caller, query)


@router.post("")
def save(asked: Annotated[_Asked, Depends(_asked)]) -> Response:
    """Set it."""
    try:
        body = _body(asked.typed)
        key = key_for(asked.caller, asked.typed.key, "stand-in", body.model_dump(mode="json"))
        with asked.database.write() as session:
            stand_in_acts.put(session, asked.caller, key, body)
    except DomainError as error:
        return _refused(asked, error)
    return see_other(asked.request, href(STAND_INS, {"done": "set"}))


@router.post("/{stand_in_id}/end")
def end(
    request: Request, stand_in_id: UUID, database: DatabaseDep, caller: CallerDep, idempotency_key: Text = ""
) -> Response:
    """End one now."""
    key = key_for(caller, usable_key(idempotency_key), f"stand-in-end:{stand_in_id}", None)
    with database.write() as session:
        stand_in_acts.end(session, caller, key, stand_in_id)
    return see_other(request, href(STAND_INS, {"done": "ended"}))


def _body(typed: Typed) -> StandInBody:
    """The form as the JSON body it stands for. Raises INVALID_INPUT by field."""
    fields: dict[str, Any] = {
        "principal": typed.principal or None,
        "stand_in": typed.stand_in,
        "starts_on": _day(typed.starts_on),
        "ends_on": _day(typed.ends_on),
        "kinds": [typed.kind] if typed.kind else [],
        "tiers": [typed.tier] if typed.tier else [],
        "institution_code": typed.institution_code or None,
        "reason": typed.reason,
    }
    try:
        return StandInBody.model_validate(fields)
    except ValidationError as error:
        raise invalid_input([*error.errors()]) from error


def _day(text: str) -> date | str:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def _refused(asked: _Asked, error: DomainError) -> Response:
    if error.code not in _ON_FORM:
        raise error
    query = StandInQuery(typed=asked.typed, error=error)
    return _shown(asked.request, asked.database, asked.caller, query, problem_of(error).status)


def _shown(request: Request, database: Database, caller: Caller, query: StandInQuery, status: int = 200) -> Response:
    with database.read() as session:
        model = stand_ins_page(request, caller, session, query)
    return render(request, "pages/stand_ins.html", model, status)
