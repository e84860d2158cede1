"""The shell of a page for a caller: navigation by role, who it is, theme and form token."""

from collections.abc import Mapping

from fastapi import Request

from api.pages.serves import badges
from api.pages.view.shell import NAVIGATION, NavCount, Person, Shell, build_shell, post_of
from api.security.caller import Caller
from models.types import Role

_START_PAGES = {Role.HQ_VIP: "/evaluations", Role.BR_CTR: "/green-channel", Role.SEC_ADMIN: "/admin/people"}
ACCOUNT_PAGE = "/account"


def shell_for(
    request: Request,
    caller: Caller | None,
    *,
    current: str = "",
    counts: Mapping[str, NavCount] | None = None,
    csrf_token: str = "",
    refresh_href: str | None = None,
    unread: int | str | None = None,
) -> Shell:
    """The shell; without a caller it has no navigation and carries `csrf_token` for a public form."""
    return build_shell(
        path=request.url.path,
        query=request.url.query,
        current=current,
        theme=getattr(request.state, "theme", "light"),
        csrf_token=caller.csrf_token if caller else csrf_token,
        person=person_of(caller) if caller else None,
        roles=caller.roles if caller else (),
        counts=counts,
        refresh_href=refresh_href,
        articles=badges(request.url.path),
        unread=unread,
    )


def person_of(caller: Caller) -> Person:
    """The account line: name, institution and posts."""
    post = post_of(caller.roles, caller.institution_name) if caller.roles else caller.institution_name
    return Person(name=caller.name, post=post)


def start_page(caller: Caller) -> str:
    """Where a person begins: its own start page, else the first entry it may open, else its account."""
    for role in caller.roles:
        if role in _START_PAGES:
            return _START_PAGES[role]
    entries = (entry.href for entry in NAVIGATION if not entry.roles.isdisjoint(caller.roles))
    return next(entries, ACCOUNT_PAGE)
