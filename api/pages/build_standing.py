"""The notice of a stand-in: for whom, until when, and that their work is in this list."""

from collections.abc import Iterator

from api.pages.desk import Desk
from api.pages.format import instant
from api.pages.i18n import _
from api.pages.view.common import Link, Strip
from api.pages.words import word
from models.rules.stand_ins import StoodFor
from models.services.stand_ins import chain_from


def stand_in_strips(desk: Desk) -> Iterator[Strip]:
    """您正在代理 赵敏（分公司VIP服务岗），至 2月9日 ..., one line a person."""
    for item in desk.person.stands_for:
        posts = "、".join(word(role) for role, _code in item.posts or item.assigned)
        text = _(
            "您正在代理 %(who)s（%(posts)s）%(until)s，其待办已并入，行上标有“代 %(who)s”。",
            who=item.principal_name,
            posts=posts,
            until=_until(desk, item),
        )
        yield Strip(text=text, links=(Link(text=_("查看代理"), href="/stand-ins"),))


def _until(desk: Desk, item: StoodFor) -> str:
    ends = [link.ends_at for link in chain_from(desk.session, item.principal_id, desk.now, desk.now)]
    return _("，至 %(when)s", when=instant(min(ends), desk.now)) if ends else ""
