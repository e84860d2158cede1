"""Sign-in, problems, waiting for an answer, the phone's menu."""

from dataclasses import dataclass

from api.pages.view.common import ErrorSummary, Link, Strip
from api.pages.view.shell import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleLogin:
    """A person of the sample book that one may try; only in `demo`."""

    login: str
    name: str
    post: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPage(Page):
    """登录: posts `login`, `password`, `return_to`, `csrf_token` to `/sign-in`."""

    return_to: str = "/inbox"
    login: str = ""
    strips: tuple[Strip, ...] = ()
    errors: ErrorSummary | None = None
    sample_logins: tuple[SampleLogin, ...] = ()
    sample_password: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemPage(Page):
    """A refusal with no page of its own: 403, 404, 413, 429, 500, 503. `title` is the sentence."""

    status: int
    code: str
    advice: str = ""
    kept_text: str = ""
    """What the person had typed; nothing typed is lost."""
    request_id: str = ""
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingPage(Page):
    """Sent, not yet confirmed: polls `poll_href` each 2 s; the shell's `refresh_href` does it without scripts."""

    text: str
    poll_href: str
    detail: str = ""
    kept_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuPage(Page):
    """The phone's 更多: every entry of the rail, language, theme, sign-out."""
