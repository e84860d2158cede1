"""The VIPs of a quarterly summary 附件二, on its own page and on those of its tasks."""

from dataclasses import dataclass

from api.pages.view.common import Link, Pager, Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class VipRow:
    """One VIP of a summary."""

    customer_no: str
    name: str
    href: str | None
    vip_no: str
    tier: Tag
    manager: str
    kept: str
    counts: tuple[str, ...]
    green: str
    inquiries: str
    complaints: str
    satisfaction: str
    cost: str
    problems: str = ""
    is_behind: bool = False
    """Something of it was due and is not done, or late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VipTable:
    """The VIPs of a summary; with `action` the texts can be written."""

    rows: tuple[VipRow, ...]
    action: str = ""
    version: int = 0
    pager: Pager | None = None
    full: Link | None = None
    """Where all of them are, when these are only the first."""
