"""Navigation by role: entries one may not open are absent."""

import pytest

from api.pages.view.shell import NAVIGATION, NavCount, Shell, build_shell, post_of
from models.types import Role


def keys(role: Role) -> set[str]:
    """Entries of a role."""
    groups = build_shell(path="/", roles=(role,)).groups
    return {item.key for group in groups for item in group.items}


@pytest.mark.parametrize(
    ("role", "entries"),
    [
        (Role.MGR, {"inbox", "declare", "customers"}),
        (Role.UNIT_LEAD, {"inbox", "ranking", "customers"}),
        (Role.BR_SVC, {"inbox", "ranking", "customers", "imports"}),
        (Role.BR_LEAD, {"inbox", "ranking", "customers"}),
        (Role.HQ_VIP, {"inbox", "ranking", "customers", "imports"}),
        (Role.AUDIT, {"ranking", "customers"}),
        (Role.OPS, {"inbox"}),
        (Role.SEC_ADMIN, {"people"}),
        (Role.AUDIT_ADMIN, set()),
    ],
)
def test_entries_by_role(role: Role, entries: set[str]) -> None:
    known = {entry.key for entry in NAVIGATION}
    assert keys(role) & {"inbox", "declare", "ranking", "customers", "imports", "people"} == entries & known


def test_counts_current_and_tabs() -> None:
    shell = build_shell(path="/inbox", current="inbox", roles=(Role.BR_SVC,), counts={"inbox": NavCount(12, hot=True)})
    first = shell.groups[0].items[0]
    assert (first.key, first.current, first.count, first.hot) == ("inbox", True, 12, True)
    assert len(shell.tabs) <= 3
    assert shell.search_href == "/customers"
    assert build_shell(path="/", roles=(Role.OPS,)).search_href is None


def test_switching_language_keeps_the_filter() -> None:
    shell = Shell(path="/inbox", query="due=today&lang=zh&q=%E5%8C%97%E4%BA%AC")
    assert shell.preference_href("lang", "en") == "/inbox?due=today&q=%E5%8C%97%E4%BA%AC&lang=en"


def test_post_line() -> None:
    assert post_of((Role.BR_LEAD, Role.BR_SVC), "北京分公司") == "北京分公司 · 分公司团险负责人、分公司VIP服务岗"
