"""Notices above the inbox: whom the reader stands in for, and who waits for its answer."""

from collections.abc import Iterator

from api.pages.desk import Desk
from api.pages.format import instant
from api.pages.i18n import _
from api.pages.view.common import Link, Strip
from api.pages.words import word
from models.rules.stand_ins import StoodFor
from models.services.stand_ins import chain_from
from models.stores.desk import DeskStore

QUESTIONS_SHOWN = 5


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


def question_strips(desk: Desk) -> Iterator[Strip]:
    """征询 that wait for the reader's answer: the task stays with whoever asked, so no row of a box shows them."""
    for question in DeskStore(desk.session).questions_to(desk.caller.account_id, QUESTIONS_SHOWN):
        text = _("%(who)s 征询您的意见，待您答复。", who=question.author_name)
        yield Strip(text=text, links=(Link(text=_("去答复"), href=f"/cases/{question.case_id}"),))


def _until(desk: Desk, item: StoodFor) -> str:
    ends = [link.ends_at for link in chain_from(desk.session, item.principal_id, desk.now, desk.now)]
    return _("，至 %(when)s", when=instant(min(ends), desk.now)) if ends else ""
