"""One's own account: who I am, a new password; and the phone's menu."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from api.deps import Action, Caller, DatabaseDep, require
from api.pages.form_errors import error_summary
from api.pages.i18n import _
from api.pages.links import password_fields
from api.pages.render import render, see_other
from api.pages.shell import ACCOUNT_PAGE, person_of, shell_for
from api.pages.view.common import Strip, StripTone
from api.pages.view.people import FormField, PlainFormPage
from api.pages.view.simple import MenuPage
from api.problems import problem_of
from api.security.own_password import change_own_password
from models.errors import DomainError, ErrorCode
from models.services.accounts import invalid

router = APIRouter()
Text = Annotated[str, Form(max_length=256)]
PasswordOwnerDep = Annotated[Caller, require(Action.CHANGE_OWN_PASSWORD)]


@router.get("/menu")
def menu(request: Request, caller: Annotated[Caller, require(Action.READ_ME)]) -> Response:
    """更多: every entry the caller may open."""
    return render(
        request, "pages/menu.html", MenuPage(shell=shell_for(request, caller, current="menu"), title=_("更多"))
    )


@router.get(ACCOUNT_PAGE)
def show_account(
    request: Request, caller: PasswordOwnerDep, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """Who is signed in, and the form for a new password."""
    changed = Strip(text=_("密码已更改，其他登录已结束。"), tone=StripTone.OK, icon="check", focus=True)
    return _page(request, caller, strips=(changed,) if done == "password" else ())


@router.post(ACCOUNT_PAGE)
def change_password(
    request: Request,
    database: DatabaseDep,
    caller: PasswordOwnerDep,
    *,
    current: Text = "",
    password: Text = "",
    password_again: Text = "",
) -> Response:
    """Choose a new password; every other sign-in of the caller ends."""
    try:
        if password != password_again:
            raise invalid(password_again="not_the_same")  # noqa: S106 - a reason, not a secret
        change_own_password(database, caller, current, password, datetime.now(UTC))
    except DomainError as error:
        if error.code not in {ErrorCode.INVALID_INPUT, ErrorCode.ACCOUNT_LOCKED}:
            raise
        return _page(request, caller, error=error)
    return see_other(request, f"{ACCOUNT_PAGE}?done=password")


def _page(
    request: Request, caller: Caller, *, strips: tuple[Strip, ...] = (), error: DomainError | None = None
) -> Response:
    person = person_of(caller)
    current = FormField(id="current", label=_("当前密码"), kind="password", autocomplete="current-password")
    model = PlainFormPage(
        shell=shell_for(request, caller),
        title=_("我的账号"),
        lead=f"{person.name}（{caller.login}） · {person.post}",
        action=ACCOUNT_PAGE,
        button=_("更改密码"),
        fields=(current, *password_fields()),
        errors=error_summary(error) if error else None,
        strips=strips,
        json_href="/api/v1/me",
    )
    return render(request, "pages/plain_form.html", model, problem_of(error).status if error else 200)
