"""One-use links: the first administrator's setup, and the activation of a person. GET shows, POST decides."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from pydantic import TypeAdapter, ValidationError
from starlette.responses import RedirectResponse, Response

from api.deps import DatabaseDep
from api.pages.form_errors import error_summary
from api.pages.i18n import _
from api.pages.render import render
from api.pages.shell import shell_for
from api.pages.view.people import FormField, PlainFormPage
from api.problems import problem_of
from api.schemas.access import Login
from api.security.public_forms import PublicForm, public_form
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.services.accounts import FirstAdministrator, activate, checked_hash, complete_setup, invalid
from models.services.sign_in import ACTIVATE, SETUP, usable_link
from models.stores.people import PeopleStore

router = APIRouter()
LinkFormDep = Annotated[PublicForm, public_form("the secret in the link says who it is for")]
Text = Annotated[str, Form(max_length=256)]
_login = TypeAdapter[str](Login)


@router.get("/setup/{token}")
def show_setup(request: Request, token: str, database: DatabaseDep, form: LinkFormDep) -> Response:
    """The form for the first administrator."""
    with database.read() as session:
        usable_link(session, SETUP, token, datetime.now(UTC))
    return _setup_page(request, form, FirstAdministrator(login="", name="", head_office_name=_("总公司")))


@router.post("/setup/{token}")
def setup(
    request: Request,
    token: str,
    database: DatabaseDep,
    form: LinkFormDep,
    *,
    login: Text = "",
    name: Text = "",
    head_office_name: Text = "",
    password: Text = "",
    password_again: Text = "",
) -> Response:
    """Create the first administrator and use the link up."""
    first = FirstAdministrator(
        login=login.strip(), name=name.strip(), head_office_name=head_office_name.strip() or _("总公司")
    )
    try:
        _refuse_incomplete(first)
        hashed = _chosen(database, (SETUP, token), first.login, (password, password_again))
        with database.write() as session:
            complete_setup(session, token, first, hashed, now=datetime.now(UTC))
    except DomainError as error:
        if error.code is not ErrorCode.INVALID_INPUT:
            raise
        return _setup_page(request, form, first, error)
    return RedirectResponse("/sign-in", status_code=303)


@router.get("/activate/{token}")
def show_activation(request: Request, token: str, database: DatabaseDep, form: LinkFormDep) -> Response:
    """The form for a first password."""
    return _activation_page(request, form, _login_of(database, token))


@router.post("/activate/{token}")
def activation(
    request: Request,
    token: str,
    database: DatabaseDep,
    form: LinkFormDep,
    *,
    password: Text = "",
    password_again: Text = "",
) -> Response:
    """Set the password and use the link up."""
    login = _login_of(database, token)
    try:
        hashed = _chosen(database, (ACTIVATE, token), login, (password, password_again))
    except DomainError as error:
        if error.code is not ErrorCode.INVALID_INPUT:
            raise
        return _activation_page(request, form, login, error)
    with database.write() as session:
        activate(session, token, hashed, now=datetime.now(UTC))
    return RedirectResponse("/sign-in", status_code=303)


def _login_of(database: Database, token: str) -> str:
    """Whose link it is. Raises LINK_USED_OR_EXPIRED."""
    with database.read() as session:
        link = usable_link(session, ACTIVATE, token, datetime.now(UTC))
        account = PeopleStore(session).account(link.account_id) if link.account_id else None
    if account is None:
        raise DomainError(ErrorCode.LINK_USED_OR_EXPIRED)
    return account.login


def _chosen(database: Database, link: tuple[str, str], login: str, passwords: tuple[str, str]) -> str:
    """Hash of the password that was typed twice; a dead link is refused before any work. Raises INVALID_INPUT."""
    (purpose, token), (password, again) = link, passwords
    with database.read() as session:
        usable_link(session, purpose, token, datetime.now(UTC))
    if password != again:
        raise invalid(password_again="not_the_same")  # noqa: S106 - a reason, not a secret
    return checked_hash(password, login)


def _refuse_incomplete(first: FirstAdministrator) -> None:
    try:
        _login.validate_python(first.login)
    except ValidationError as error:
        raise invalid(login="login_format") from error
    if not first.name:
        raise invalid(name="missing")


def _setup_page(
    request: Request, form: PublicForm, first: FirstAdministrator, error: DomainError | None = None
) -> Response:
    fields = (
        FormField(id="login", label=_("登录名"), value=first.login, autocomplete="username"),
        FormField(id="name", label=_("姓名"), value=first.name, autocomplete="name"),
        FormField(id="head_office_name", label=_("总公司名称"), value=first.head_office_name),
        *password_fields(),
    )
    lead = _("此链接只能使用一次。您将成为安全管理岗，可新增人员和岗位。")
    return _form_page(request, form, (_("设置第一位管理员"), lead, _("创建管理员")), fields, error)


def _activation_page(request: Request, form: PublicForm, login: str, error: DomainError | None = None) -> Response:
    lead = _("登录名：%(login)s。请设置密码，此链接只能使用一次。", login=login)
    return _form_page(request, form, (_("激活账号"), lead, _("设置密码")), password_fields(), error)


def password_fields() -> tuple[FormField, ...]:
    """A new password, twice."""
    hint = _("至少 12 个字符，不含登录名。可用一句话。")
    return (
        FormField(id="password", label=_("密码"), kind="password", autocomplete="new-password", hint=hint),
        FormField(id="password_again", label=_("再次输入密码"), kind="password", autocomplete="new-password"),
    )


def _form_page(
    request: Request,
    form: PublicForm,
    texts: tuple[str, str, str],
    fields: tuple[FormField, ...],
    error: DomainError | None,
) -> Response:
    title, lead, button = texts
    model = PlainFormPage(
        shell=shell_for(request, None, csrf_token=form.csrf_token),
        title=title,
        lead=lead,
        button=button,
        action=request.url.path,
        fields=fields,
        errors=error_summary(error) if error else None,
    )
    return form.on(render(request, "pages/plain_form.html", model, problem_of(error).status if error else 200))
