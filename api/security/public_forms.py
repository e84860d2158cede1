"""Forms of people who are not signed in yet: sign-in, setup, activation. They are guarded against forgery too."""

import secrets
from dataclasses import dataclass
from typing import Any

from fastapi import Depends, Request
from starlette.responses import Response

from api.security.csrf import refuse_forgery, token_for
from api.security.knocks import knock
from api.security.sessions import pre_session, set_pre_session_cookie
from models.errors import DomainError, ErrorCode
from models.settings import Settings


@dataclass(frozen=True, slots=True)
class PublicForm:
    """The secret behind the form's token; a new one goes to the browser with the page."""

    secret: str
    is_new: bool
    settings: Settings

    @property
    def csrf_token(self) -> str:
        """Value of the hidden field."""
        return token_for(self.secret)

    def on(self, response: Response) -> Response:
        """The response, with the cookie when the browser has none yet."""
        if self.is_new:
            set_pre_session_cookie(response, self.secret, self.settings)
        return response


class PublicFormGuard:
    """The mark of a public page with a form; an unsafe request must carry the token of its own cookie.

    One address may not knock too often at it, unless the door has a lock of its own.
    """

    def __init__(self, reason: str, *, own_lock: bool) -> None:
        self.reason = reason
        self._own_lock = own_lock

    async def __call__(self, request: Request) -> PublicForm:
        """The form's secret. Raises CSRF_FAILED and RATE_LIMITED."""
        if not self._own_lock:
            await knock(request)
        settings: Settings = request.app.state.settings
        secret = pre_session(request, settings)
        if request.method != "GET":
            if secret is None:
                raise DomainError(ErrorCode.CSRF_FAILED)
            await refuse_forgery(request, secret, settings)
        return PublicForm(secret or secrets.token_urlsafe(32), secret is None, settings)


def public_form(reason: str, *, own_lock: bool = False) -> Any:
    """`form: Annotated[PublicForm, public_form("why")]`: the page is for everybody, its form is our own."""
    return Depends(PublicFormGuard(reason, own_lock=own_lock))
