"""What every answer of the service carries: security headers, and the reader's language and theme.

Both middlewares are plain ASGI: they touch only the start of a response, so streams pass unbuffered.
"""

from http.cookies import SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.pages.assets import PREFIX
from api.pages.i18n import LANGUAGES, choose_language, set_language

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
    )
)

SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

LANGUAGE_COOKIE = "gl_lang"
THEME_COOKIE = "gl_theme"
THEMES = ("light", "dark")
_YEAR = 365 * 24 * 3600


class SecurityHeadersMiddleware:
    """Sets the security headers; everything but static files is `no-store` unless a route said otherwise."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete the headers of its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                if not scope["path"].startswith(f"{PREFIX}/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self.app(scope, receive, send_with_headers)


class PreferencesMiddleware:
    """Reads language and theme (`?lang=en`, `?theme=dark`, cookies) and remembers what was asked for.

    The theme stands in `request.state.theme`; the language in the context variable of `api.pages.i18n`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Set both for the request; answer with a cookie for each that the address named."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        cookies = {name: morsel.value for name, morsel in SimpleCookie(headers.get("cookie", "")).items()}
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        asked_language, asked_theme = query.get("lang", [""])[0], query.get("theme", [""])[0]
        set_language(choose_language(asked_language, cookies.get(LANGUAGE_COOKIE), headers.get("accept-language")))
        theme = next((t for t in (asked_theme, cookies.get(THEME_COOKIE)) if t in THEMES), "light")
        scope.setdefault("state", {})["theme"] = theme
        remember = [
            _cookie(name, value)
            for name, value, known in (
                (LANGUAGE_COOKIE, asked_language, LANGUAGES),
                (THEME_COOKIE, asked_theme, THEMES),
            )
            if value in known
        ]

        async def send_with_cookies(message: Message) -> None:
            if message["type"] == "http.response.start":
                for cookie in remember:
                    MutableHeaders(scope=message).append("Set-Cookie", cookie)
            await send(message)

        await self.app(scope, receive, send_with_cookies)


def remember_language(response: Response, value: str) -> Response:
    """The response, with the reader's language for the pages to come; an unknown one is not remembered."""
    if value in LANGUAGES:
        response.headers.append("Set-Cookie", _cookie(LANGUAGE_COOKIE, value))
    return response


def _cookie(name: str, value: str) -> str:
    return f"{name}={value}; Path=/; Max-Age={_YEAR}; SameSite=Lax; HttpOnly"
