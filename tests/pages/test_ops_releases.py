"""发布检查 as a page and as JSON: nothing yet, a release that may be deployed, one that may not, and who may look."""

import pytest

from models.database import Database
from models.services import releases
from models.services.releases import CaseReplay
from models.services.rulebooks import ensure_builtin
from tests.pages.conftest import soup_of
from tests.support.clients import Clients

API, PAGE = "/api/v1/ops/releases", "/ops/releases"
GOOD = [CaseReplay("qualification/2025/C1/1", "qualification", None)]
BAD = [*GOOD, CaseReplay("complaint/42", "complaint", "[TMPRL1100] Nondeterminism error")]


@pytest.fixture(autouse=True)
def ruled(organisation: Database) -> None:
    """Rules to read pages by."""
    with organisation.write() as session:
        ensure_builtin(session)


async def test_it_begins_empty_and_says_how(clients: Clients) -> None:
    page = soup_of(await clients.browser("ops").get(PAGE))
    assert "还没有检查过。" in page.get_text()
    assert "greenlane replay" in page.get_text()
    assert (await clients.token("ops").get(API)).json() == {"items": []}


async def test_each_release_has_its_verdict(clients: Clients, organisation: Database) -> None:
    for name, found in (("0.1.0+aaa", GOOD), ("0.2.0+bbb", BAD)):
        with organisation.write() as session:
            releases.record(session, name, "cli:root", found)
    page = soup_of(await clients.browser("ops").get(PAGE))
    titles = [head.get_text(" ", strip=True) for head in page.select("section[aria-labelledby^=check] header")]
    assert [title.split()[:2] for title in titles] == [["0.2.0+bbb", "不可发布"], ["0.1.0+aaa", "可以发布"]]
    assert "complaint/42" in page.get_text()
    newest, first = (await clients.token("ops").get(API)).json()["items"]
    assert (newest["passed"], newest["failed"]) == ({"qualification": 1}, {"complaint": 1})
    assert newest["problems"] == [{"workflow_id": "complaint/42", "kind": "complaint", "problem": BAD[1].problem}]
    assert first["failed"] == {}


@pytest.mark.parametrize("login", ["hq-vip", "audit"])
async def test_only_operations_look(clients: Clients, login: str) -> None:
    assert (await clients.token(login).get(API)).status_code == 403
