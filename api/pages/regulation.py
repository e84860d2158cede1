"""`/regulation`: 条文索引, where every article badge leads."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.deps import Action, Caller, DatabaseDep, require
from api.pages.desk import desk_of
from api.pages.i18n import _, language
from api.pages.render import render
from api.pages.serves import SERVES, article_label
from api.pages.view.common import Link, Tag, TagTone
from api.pages.view.regulation import ArticleEntry, ArticleGroup, RegulationPage, RuleLine
from api.pages.view.shell import NAVIGATION
from api.pages.words import word
from models.rulebook.articles import Rule, anchor, by_article, place
from models.rules.calendar import local_date
from models.services.rulebooks import rulebook_in_force
from models.types import Source

FOLDED_FROM = 12
router = APIRouter(prefix="/regulation")
ReaderDep = Annotated[Caller, require(Action.READ_RULEBOOK)]


@router.get("")
def show_regulation(request: Request, database: DatabaseDep, caller: ReaderDep) -> Response:
    """Every article with its rules, and the pages that serve it as far as the reader may open them."""
    with database.read() as session:
        found = rulebook_in_force(session, local_date(datetime.now(UTC)))
        page = RegulationPage(
            shell=desk_of(request, session, caller).shell("regulation"),
            title=_("条文索引"),
            json_href="/api/v1/rulebooks/articles",
            name=found.rulebook.name_en if language() == "en" else found.rulebook.name_zh,
            version=str(found.version.version),
            groups=tuple(_groups(caller, by_article(found.rulebook))),
        )
    return render(request, "pages/regulation.html", page)


def _groups(caller: Caller, articles: dict[str, tuple[Rule, ...]]) -> Iterator[ArticleGroup]:
    titles = (_("条文"), _("附件"), _("附表"), _("默认规则"), _("本系统的约定"))
    for kind, codes in groupby(articles, key=lambda code: place(code)[0]):
        entries = (_entry(caller, code, articles[code]) for code in codes)
        yield ArticleGroup(title=titles[kind], entries=tuple(entries))


def _entry(caller: Caller, code: str, rules: Sequence[Rule]) -> ArticleEntry:
    return ArticleEntry(
        anchor=anchor(code),
        label=article_label(code),
        rules=tuple(_line(rule) for rule in rules),
        folded=len(rules) > FOLDED_FROM,
        pages=tuple(_pages(caller, code)),
    )


def _line(rule: Rule) -> RuleLine:
    tone = TagTone.BLUE if rule.source is Source.ORIGINAL else TagTone.OUTLINE
    text = rule.text_en if language() == "en" else rule.text_zh
    return RuleLine(text=text, source=Tag(text=word(rule.source), tone=tone))


def _pages(caller: Caller, code: str) -> Iterator[Link]:
    for entry in NAVIGATION:
        served = SERVES.get(entry.href) or SERVES.get(f"/{entry.href.split('/')[1]}", ())
        if code in served and not entry.roles.isdisjoint(caller.roles):
            yield Link(text=_(entry.text), href=entry.href)
