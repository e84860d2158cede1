"""登录, 退出, and the start page of whoever is signed in."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from api.deps import Action, Caller, DatabaseDep, SettingsDep, require
from api.pages.i18n import _
from api.pages.render import render
from api.pages.shell import shell_for, start_page
from api.pages.view.common import ErrorSummary, FieldError
from api.pages.view.shell import post_of
from api.pages.view.simple import SampleLogin, SignInPage
from api.problems import problem_of
from api.security.authenticate import authenticate
from api.security.public_forms import PublicForm, public_form
from api.security.redirects import local_path
from api.security.sessions import drop_session_cookie, session_secret, set_session_cookie
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.services.sign_in import end_session, open_session
from models.settings import Settings
from models.stores.accounts import AccountStore
from models.stores.institutions import InstitutionStore
from models.stores.scope import EVERYTHING
from models.types import Door

SAMPLE_PASSWORD = "greenlane-demo"  # noqa: S105 - of the invented people of the sample book, loopback only
MAX_SAMPLES = 50
router = APIRouter()
SignInFormDep = Annotated[PublicForm, public_form("signing in is how one becomes somebody", own_lock=True)]
Text = Annotated[str, Form(max_length=256)]


@router.get("/")
def home(caller: Annotated[Caller, require(Action.READ_ME)]) -> Response:
    """The start page of the caller's post."""
    return RedirectResponse(start_page(caller), status_code=303)


@router.get("/sign-in")
def show_sign_in(
    request: Request,
    database: DatabaseDep,
    form: SignInFormDep,
    return_to: Annotated[str, Query(max_length=2000)] = "/",
    login: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """The sign-in page; in `demo` it names the sample logins."""
    return _page(request, database, form, return_to=local_path(return_to), login=login)


@router.post("/sign-in")
def sign_in(
    request: Request,
    database: DatabaseDep,
    settings: SettingsDep,
    form: SignInFormDep,
    *,
    login: Text = "",
    password: Text = "",
    return_to: Annotated[str, Form(max_length=2000)] = "/",
) -> Response:
    """Sign in with a new session; an earlier one of this browser ends."""
    try:
        account = authenticate(database, login.strip(), password, Door.PAGE)
    except DomainError as error:
        return _page(request, database, form, return_to=local_path(return_to), login=login, error=error)
    now, earlier = datetime.now(UTC), session_secret(request, settings)
    with database.write() as session:
        if earlier is not None:
            end_session(session, earlier, now)
        secret = open_session(session, account.id, user_agent=request.headers.get("User-Agent", ""), now=now)
    response = RedirectResponse(local_path(return_to), status_code=303)
    set_session_cookie(response, secret, settings)
    return response


@router.post("/sign-out")
def sign_out(
    request: Request, database: DatabaseDep, settings: SettingsDep, _caller: Annotated[Caller, require(Action.SIGN_OUT)]
) -> Response:
    """End the session here and in the records."""
    secret = session_secret(request, settings)
    if secret is not None:
        with database.write() as session:
            end_session(session, secret, datetime.now(UTC))
    response = RedirectResponse("/sign-in", status_code=303)
    drop_session_cookie(response, settings)
    return response


def _page(
    request: Request,
    database: Database,
    form: PublicForm,
    *,
    return_to: str,
    login: str,
    error: DomainError | None = None,
) -> Response:
    samples = sample_logins(database, form.settings)
    problem = problem_of(error) if error else None
    model = SignInPage(
        shell=shell_for(request, None, csrf_token=form.csrf_token),
        title=_("登录"),
        return_to=return_to,
        login=login,
        errors=_errors(error) if error else None,
        sample_logins=samples,
        sample_password=SAMPLE_PASSWORD if samples else "",
    )
    headers = {"Retry-After": str(problem.retry_after)} if problem and problem.retry_after else {}
    return form.on(render(request, "pages/sign_in.html", model, problem.status if problem else 200, headers))


def _errors(error: DomainError) -> ErrorSummary:
    text = problem_of(error).detail
    if error.code is ErrorCode.BAD_CREDENTIALS:
        return ErrorSummary(title=text, errors=(FieldError(field_id="password", text=text),))
    return ErrorSummary(title=text)


def sample_logins(database: Database, settings: Settings) -> tuple[SampleLogin, ...]:
    """People of the sample book that one may try; none outside `demo`."""
    if not settings.demo:
        return ()
    with database.read() as session:
        accounts = AccountStore(session).page(EVERYTHING, after=None, limit=MAX_SAMPLES)
        posts = AccountStore(session).posts_of([account.id for account in accounts])
        names = {row.code: row.name for row in InstitutionStore(session).all(EVERYTHING)}
    return tuple(
        SampleLogin(
            login=account.login,
            name=account.name,
            post=post_of(
                [post.role for post in posts if post.account_id == account.id],
                names.get(account.institution_code, account.institution_code),
            ),
        )
        for account in accounts
        if account.disabled_at is None
    )
