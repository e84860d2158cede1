"""The session cookie: an opaque 256-bit secret, and nothing else (decisions.md 23)."""

from starlette.requests import Request
from starlette.responses import Response

from models.settings import Settings

_NAME = "greenlane_session"
_PRE_NAME = "greenlane_pre"


def _prefixed(name: str, settings: Settings) -> str:
    return f"__Host-{name}" if settings.is_secure else name


def cookie_name(settings: Settings) -> str:
    """`__Host-greenlane_session` on https, `greenlane_session` on loopback http."""
    return _prefixed(_NAME, settings)


def session_secret(request: Request, settings: Settings) -> str | None:
    """What the browser sent as its session."""
    return request.cookies.get(cookie_name(settings))


def set_session_cookie(response: Response, secret: str, settings: Settings) -> None:
    """Give the browser its session; it forgets it when it closes."""
    _set(response, cookie_name(settings), secret, settings)


def drop_session_cookie(response: Response, settings: Settings) -> None:
    """Take the session from the browser."""
    response.delete_cookie(cookie_name(settings), path="/", secure=settings.is_secure, httponly=True, samesite="lax")


def pre_session(request: Request, settings: Settings) -> str | None:
    """The secret that guards the forms of somebody who is not signed in yet."""
    return request.cookies.get(_prefixed(_PRE_NAME, settings))


def set_pre_session_cookie(response: Response, secret: str, settings: Settings) -> None:
    """Give the browser the secret of `pre_session`."""
    _set(response, _prefixed(_PRE_NAME, settings), secret, settings)


def _set(response: Response, name: str, value: str, settings: Settings) -> None:
    response.set_cookie(name, value, path="/", secure=settings.is_secure, httponly=True, samesite="lax")
