"""Every refusal in one place: RFC 9457 problem details for `/api`, the same facts as a page elsewhere."""

from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError, OperationalError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Match

from api.pages.i18n import _, language
from api.pages.problem_page import problem_page
from api.pages.render import is_fragment
from api.pages.view.common import Link
from api.problem_fields import field_message, readable
from api.problem_texts import PROBLEM_TEXTS
from api.security.redirects import local_path
from models.errors import DomainError, ErrorCode

API_PREFIX = "/api/"
MEDIA_TYPE = "application/problem+json"
_RETRY_SECONDS = {
    ErrorCode.NOT_YET_CONFIRMED: 2,
    ErrorCode.ENGINE_UNAVAILABLE: 2,
    ErrorCode.RECORDS_UNAVAILABLE: 2,
    ErrorCode.MAINTENANCE: 30,
}
_BY_STATUS = {
    HTTPStatus.NOT_FOUND: ErrorCode.NOT_FOUND,
    HTTPStatus.UNAUTHORIZED: ErrorCode.SIGN_IN_REQUIRED,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ErrorCode.FILE_TOO_LARGE,
    HTTPStatus.BAD_REQUEST: ErrorCode.INVALID_INPUT,
}
_TEXT_FIELDS = (
    *("comment", "reason", "late_reason", "subject", "matter", "text", "problems", "remark"),
    *("handling", "view_text", "leader_opinion"),
)
_FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
MAX_KEPT_TEXT = 4000
_log = structlog.get_logger(__name__)


class Problem(NamedTuple):
    """One refusal, ready to answer with: the sentence is in the language of the request."""

    status: int
    code: str
    detail: str
    context: dict[str, Any]
    errors: tuple[dict[str, str], ...] = ()
    retry_after: int | None = None
    request_id: str | None = None

    def document(self, path: str) -> dict[str, Any]:
        """The RFC 9457 document; `context` holds the facts of the sentence, `errors` the fields to correct."""
        facts = {"context": self.context, "errors": list(self.errors), "request_id": self.request_id}
        return {
            "type": f"urn:greenlane:problem:{self.code}",
            # Of the code, not of the status: the phrase of 202 would call accepted what nobody knows yet.
            "title": self.code.replace("_", " ").capitalize(),
            "status": self.status,
            "detail": self.detail,
            "instance": path,
            "code": self.code,
            **{key: value for key, value in facts.items() if value},
        }


class _Facts(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "—"


def sentence(code: ErrorCode, context: dict[str, Any]) -> str:
    """The sentence of the error table in the language of the request, filled from the context."""
    text = PROBLEM_TEXTS[code]
    english = language() == "en"
    facts = _Facts({key: readable(key, value) for key, value in context.items() if key != "errors"})
    if english and "reason_en" in facts:
        facts["reason"] = facts["reason_en"]
    return (text.en if english else text.zh).format_map(facts)


def problem_of(error: DomainError, request_id: str | None = None) -> Problem:
    """The problem that a domain error becomes."""
    context = dict(error.context)
    errors = tuple(
        {"field": entry["field"], "reason": entry["reason"], "message": field_message(entry["reason"])}
        for entry in context.pop("errors", ())
    )
    return Problem(
        status=PROBLEM_TEXTS[error.code].status,
        code=error.code.value,
        detail=sentence(error.code, error.context | {"request_id": request_id or ""}),
        context=context,
        errors=errors,
        retry_after=_retry_after(error),
        request_id=request_id,
    )


def _retry_after(error: DomainError) -> int | None:
    seconds = error.context.get("seconds")
    if isinstance(seconds, int):
        return seconds
    until = error.context.get("until")
    if error.code in {ErrorCode.ACCOUNT_LOCKED, ErrorCode.URGE_TOO_SOON} and isinstance(until, str):
        return max(1, round((datetime.fromisoformat(until) - datetime.now(UTC)).total_seconds()))
    return _RETRY_SECONDS.get(error.code)


def answer(request: Request, error: DomainError, kept: str = "") -> Response:
    """The answer to a refused request: a problem document, a page (with the text typed), or the way to sign in."""
    problem = problem_of(error, getattr(request.state, "request_id", None))
    if request.url.path.startswith(API_PREFIX):
        response: Response = JSONResponse(problem.document(request.url.path), problem.status, media_type=MEDIA_TYPE)
    elif error.code is ErrorCode.SIGN_IN_REQUIRED:
        response = _to_sign_in(request, problem, kept)
    else:
        response = _page(request, problem, kept)
    if problem.status == HTTPStatus.UNAUTHORIZED and request.url.path.startswith(API_PREFIX):
        response.headers["WWW-Authenticate"] = "Bearer"
    if problem.retry_after is not None:
        response.headers["Retry-After"] = str(problem.retry_after)
    return response


def _to_sign_in(request: Request, problem: Problem, kept: str) -> Response:
    """A page that asks for sign-in leads there and back; what was typed into a form is shown, to be kept."""
    if request.method != "GET":
        links = (Link(text=_("登录"), href=_sign_in_href(_page_of_form(request))),)
        return _page(request, problem, kept, links)
    address = _sign_in_href(request.url.path + (f"?{request.url.query}" if request.url.query else ""))
    if is_fragment(request):
        return Response(status_code=401, headers={"HX-Redirect": address})
    return RedirectResponse(address, status_code=303)


def _sign_in_href(back: str) -> str:
    return f"/sign-in?return_to={quote(back, safe='')}"


def _page_of_form(request: Request) -> str:
    """Where the form stood: our own Referrer-Policy lets the browser say so."""
    page = urlsplit(request.headers.get("Referer", ""))
    return local_path(page.path + (f"?{page.query}" if page.query else ""))


def _page(request: Request, problem: Problem, kept: str = "", links: tuple[Link, ...] = ()) -> Response:
    """The page of a refusal that has none of its own, with what is to be corrected."""
    advice = " ".join(dict.fromkeys(entry["message"] for entry in problem.errors))
    refusal = (problem.status, problem.code, problem.detail, problem.request_id)
    return problem_page(request, *refusal, advice=advice, kept=kept, links=links)


def invalid_input(errors: Sequence[Any]) -> DomainError:
    """The domain error of a body, query or path that does not validate."""
    unknown = [error for error in errors if error["type"] == "extra_forbidden"]
    if unknown:
        return DomainError(ErrorCode.UNKNOWN_FIELD, field=_field(unknown[0]["loc"]))
    fields = [{"field": _field(error["loc"]), "reason": error["type"]} for error in errors]
    return DomainError(ErrorCode.INVALID_INPUT, n=len(fields), errors=fields)


def _field(location: Sequence[Any]) -> str:
    parts = [str(part) for part in location[1:]] or [str(part) for part in location]
    return ".".join(parts)[:200]


def install(app: FastAPI) -> None:
    """Register the handlers; what none of them knows is answered by the last-resort middleware."""
    app.add_exception_handler(DomainError, _on_domain_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(OperationalError, _on_operational_error)
    app.add_exception_handler(DataError, _on_data_error)


async def _on_domain_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)  # noqa: S101 - registered for this class only
    if error.code is ErrorCode.CONTENT_ALTERED:
        _log.error("altered", request_id=getattr(request.state, "request_id", None), **error.context)
    return answer(request, error, await _typed_text(request))


async def _typed_text(request: Request) -> str:
    """The words of a refused form of ours, so that nobody has to write them again."""
    is_form = request.headers.get("Content-Type", "").startswith(_FORM_TYPES)
    if request.method != "POST" or not is_form or request.url.path.startswith(API_PREFIX):
        return ""
    form = await request.form()
    texts = [form.get(name) for name in _TEXT_FIELDS]
    return "\n".join(text[:MAX_KEPT_TEXT] for text in texts if isinstance(text, str) and text.strip())


async def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
    path_errors = [entry for entry in error.errors() if entry["loc"][0] == "path"]
    refusal = DomainError(ErrorCode.NOT_FOUND) if path_errors else invalid_input(error.errors())
    return answer(request, refusal, await _typed_text(request))


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    code = _BY_STATUS.get(HTTPStatus(error.status_code))
    if code is ErrorCode.FILE_TOO_LARGE:
        return answer(request, DomainError(code, limit=error.detail))
    if code is not None:
        return answer(request, DomainError(code, n=1))
    above = _page_above(request) if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED else None
    return RedirectResponse(above, status_code=303) if above else _plain(request, error)


def _page_above(request: Request) -> str | None:
    """The nearest page above an address that only takes forms: a refused form left it in the browser."""
    path, query = request.url.path, f"?{request.url.query}" if request.url.query else ""
    if request.method != "GET" or path.startswith(API_PREFIX):
        return None
    while path := path.rpartition("/")[0]:
        scope = dict(request.scope) | {"path": path}
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.router.routes):
            return path + query
    return None


def _plain(request: Request, error: HTTPException) -> Response:
    """A refusal of the protocol itself, such as 405; its code is the HTTP phrase."""
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_").replace("-", "_")
    told = _("此地址不接受这种请求方式。请从页面上的链接或按钮进入。")
    problem = Problem(error.status_code, code, told, {}, request_id=getattr(request.state, "request_id", None))
    if request.url.path.startswith(API_PREFIX):
        document = problem.document(request.url.path)
        response: Response = JSONResponse(document, problem.status, media_type=MEDIA_TYPE)
    else:
        response = _page(request, problem)
    response.headers.update(error.headers or {})
    return response


async def _on_operational_error(request: Request, error: Exception) -> Response:
    _log.error("records unavailable", request_id=getattr(request.state, "request_id", None), error=type(error).__name__)
    return answer(request, DomainError(ErrorCode.RECORDS_UNAVAILABLE))


async def _on_data_error(request: Request, error: Exception) -> Response:
    """What the database cannot hold, such as the character NUL, which SQLite takes and PostgreSQL does not."""
    _log.warning("not storable", request_id=getattr(request.state, "request_id", None), error=type(error).__name__)
    refusal = DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "request", "reason": "value_error"}])
    return answer(request, refusal, await _typed_text(request))
