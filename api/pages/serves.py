"""Which articles each page serves: by address, the longest beginning counts.

A page that joins the service adds its line here; tests hold the pages against this table and it against the map in
`docs/regulation-map.md`.
"""

from api.pages.i18n import _, language
from api.pages.view.common import Article
from models.rulebook.articles import ARTICLE, ATTACHMENT, TABLE, anchor, place

SERVES: dict[str, tuple[str, ...]] = {
    "/account": ("regulation 2.7",),
    "/admin/calendar": ("第17条",),
    "/admin/people": ("regulation 2.7",),
    "/admin/retention": ("regulation 2.7",),
    "/care": ("第16条", "第17条", "regulation 2.5", "regulation 2.6", "附件四"),
    "/cases": ("第13条", "regulation 2.4", "附件一"),
    "/complaints": ("regulation 2.5", "附件五"),
    "/customers": ("第4条", "第14条", "第15条", "第16条", "第17条"),
    "/dashboard": ("第1条", "第13条", "第14条", "第17条", "regulation 2.8"),
    "/d": ("regulation 2.4",),
    "/duties": ("regulation 2.7",),
    "/evaluations": ("第13条", "regulation 2.2", "regulation 2.3", "附表1", "附表2", "附表3"),
    "/forms": ("regulation 2.10",),
    "/forms/1": ("附件一",),
    "/forms/2": ("附件二",),
    "/forms/3": ("附件三",),
    "/forms/4": ("附件四",),
    "/forms/5": ("附件五",),
    "/forms/6": ("附件六",),
    "/forms/7": ("附件七",),
    "/forms/8": ("附件八",),
    "/green-channel": ("第14条", "第15条", "第17条", "附件三"),
    "/imports": ("第4条", "regulation 2.2"),
    "/inbox": ("regulation 2.4", "regulation 2.7"),
    "/menu": ("第5条",),
    "/notifications": ("regulation 2.4",),
    "/ops": ("第17条",),
    "/qualifications": ("第13条", "regulation 2.4", "附件一"),
    "/regulation": ("第1条", "regulation 2.9"),
    "/reports/quarterly": ("regulation 2.7", "regulation 2.8", "附件二"),
    "/reports/spend": ("regulation 2.6", "附件七"),
    "/rollout": ("附件八",),
    "/reports/assessment": ("regulation 2.8",),
    "/settings": ("regulation 2.7",),
    "/sign-in": ("regulation 2.7",),
    "/stand-ins": ("regulation 2.7",),
    "/surveys": ("regulation 2.5", "regulation 2.11", "附件六"),
    "/tasks": ("regulation 2.4",),
    "/updates": ("regulation 2.4",),
}


def served_by(path: str) -> tuple[str, ...]:
    """The articles that the page at an address serves; none where the table has no line for it."""
    found = [start for start in SERVES if path == start or path.startswith(f"{start}/")]
    return SERVES[max(found, key=len)] if found else ()


def article_label(article: str) -> str:
    """第17条, 附件三, 附表1; a section of defaults reads 默认 2.5, for it does not stand in the copy."""
    kind, number, _part = place(article)
    if kind == ARTICLE:
        return _("第%(n)s条", n=number)
    if kind == ATTACHMENT:
        return _("附件%(n)s", n=number if language() == "en" else article[-1])
    if kind == TABLE:
        return _("附表%(n)s", n=number)
    return _("默认 %(part)s", part=article.partition(" ")[2])


def badges(path: str) -> tuple[Article, ...]:
    """The badges of a page, each opening its article."""
    return tuple(Article(text=article_label(code), href=article_href(code)) for code in served_by(path))


def article_href(article: str) -> str:
    """Where an article is read."""
    return f"/regulation#{anchor(article)}"
