"""Notifications, and how one wants to be told."""

from dataclasses import dataclass

from api.pages.view.common import EmptyState, ErrorSummary, Option, Pager, Strip, Tag
from api.pages.view.shell import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """One notification; opening it posts, because it is read then."""

    subject: str
    body: str
    at: str
    at_iso: str
    open_action: str
    read_action: str = ""
    """Empty for one that was read."""
    ways: tuple[Tag, ...] = ()
    """How it went out beside the product, where that needs telling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationsPage(Page):
    """通知: unread first."""

    headline: str
    unread: tuple[MessageRow, ...] = ()
    read: tuple[MessageRow, ...] = ()
    read_all_action: str = ""
    settings_href: str = ""
    empty: EmptyState | None = None
    pager: Pager | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsPage(Page):
    """通知设置. The robot's address is typed in and never shown again."""

    action: str
    test_action: str
    languages: tuple[Option, ...]
    email: bool
    address_hint: str
    digest: bool
    quiet_from: tuple[Option, ...]
    quiet_until: tuple[Option, ...]
    quiet_hint: str
    chat: str
    """Kind of the robot that is stored; empty without one."""
    test_result: Strip | None = None
    strips: tuple[Strip, ...] = ()
    errors: ErrorSummary | None = None
