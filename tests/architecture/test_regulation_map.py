"""Every article is implemented somewhere, the map says where, and every page says which articles it serves."""

import re
from collections.abc import Iterator

import pytest

from api.pages.serves import SERVES, served_by
from api.routers import PAGE_ROUTERS
from models.rulebook import load_builtin
from models.rulebook.articles import anchor, by_article, place
from tests.architecture.sources import ROOT

RULES = ROOT / "models" / "rulebook" / "cn_pingan_2003"
ARTICLES = by_article(load_builtin())
"""As the rulebook has them."""
PUBLIC = ("/activate/", "/c/", "/d/", "/s/", "/setup/", "/sign-in")
"""Pages for people who are not signed in have no frame, and so no badges."""


def _rows() -> Iterator[list[str]]:
    for line in (ROOT / "docs" / "regulation-map.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("| ") and not line.startswith("| article"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def _article(shown: str) -> str:
    """The map writes sections of defaults in words."""
    return shown.replace("Default ", "regulation ").replace("Convention ", "decisions ")


MAPPED = {_article(row[0]): row for row in _rows()}


def test_the_map_has_every_article_of_the_rulebook_in_order() -> None:
    assert list(MAPPED) == list(ARTICLES)


def test_every_attachment_and_table_of_the_copy_is_an_article_of_its_own() -> None:
    codes = {item.code for item in load_builtin().general.attachments}
    assert len(codes) == 11
    assert codes <= set(ARTICLES)


@pytest.mark.parametrize("article", MAPPED)
def test_every_row_leads_somewhere(article: str) -> None:
    _, _, data, code, pages = MAPPED[article]
    names = re.findall(r"`([^`]+)`", data)
    assert names
    assert [name for name in names if not (RULES / name).is_file()] == []
    paths = re.findall(r"`([^`]+)`", code)
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []
    addresses = re.findall(r"`([^`]+)`", pages)
    assert addresses
    assert [address for address in addresses if not _is_a_page(address)] == []


def _paths() -> set[str]:
    return {path for router in PAGE_ROUTERS for path in _of(router.routes)}


def _of(routes: object) -> Iterator[str]:
    for route in routes:  # type: ignore[attr-defined]  # a router's list
        if "GET" in (route.methods or ()):
            yield route.path


PATHS = _paths()


def _is_a_page(address: str) -> bool:
    """Forms are one page by number."""
    start = re.sub(r"^/forms/\d", "/forms/{number}", address)
    return any(path == start or path.startswith(f"{start}/") for path in PATHS)


@pytest.mark.parametrize("path", sorted(PATHS))
def test_every_page_says_which_articles_it_serves(path: str) -> None:
    assert path == "/" or path.startswith(PUBLIC) or served_by(path), f"add {path} to api/pages/serves.py"


@pytest.mark.parametrize("start", SERVES)
def test_what_a_page_serves_is_in_the_rulebook_and_the_page_exists(start: str) -> None:
    assert set(SERVES[start]) <= set(ARTICLES)
    assert _is_a_page(start)


def test_every_article_has_an_address_of_its_own() -> None:
    assert len({anchor(article) for article in ARTICLES}) == len(ARTICLES)
    assert sorted(ARTICLES, key=place) == list(ARTICLES)
