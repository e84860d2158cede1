"""`/rulebooks`: the versions of the regulation as data, and the one in force by article."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter

from api.deps import Action, Caller, DatabaseDep, require
from api.schemas.base import PageAnswer
from api.schemas.rulebooks import ArticleAnswer, RuleAnswer, RulebookVersionAnswer
from models.rulebook.articles import by_article
from models.rules.calendar import local_date
from models.services.rulebooks import rulebook_in_force
from models.stores.rulebooks import RulebookStore

router = APIRouter(prefix="/rulebooks", tags=["rulebooks"])
ReaderDep = Annotated[Caller, require(Action.READ_RULEBOOK)]


@router.get("")
def list_versions(database: DatabaseDep, _: ReaderDep) -> PageAnswer[RulebookVersionAnswer]:
    """规则版本, newest first; there are never many, so one page holds them all."""
    with database.read() as session:
        rows = RulebookStore(session).list()
    return PageAnswer(items=[RulebookVersionAnswer.model_validate(row) for row in rows])


@router.get("/articles")
def list_articles(database: DatabaseDep, _: ReaderDep) -> PageAnswer[ArticleAnswer]:
    """条文索引 of the version in force: every rule by the article it stands in."""
    with database.read() as session:
        found = rulebook_in_force(session, local_date(datetime.now(UTC)))
    articles = by_article(found.rulebook)
    return PageAnswer(
        items=[
            ArticleAnswer(article=code, rules=[RuleAnswer.model_validate(rule) for rule in rules])
            for code, rules in articles.items()
        ]
    )
