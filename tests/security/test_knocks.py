"""Public doors 公开入口: who knocks too often waits, at that door, from that address, and is heard again later."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from api.app import create_app
from api.security.knocks import Knocks
from models.errors import DomainError, ErrorCode
from models.settings import Settings
from tests.support import world

OPENS, SENDS = 3, 2


def _settings(home: Path, proxies: str = "") -> Settings:
    return Settings(
        home=home,
        trusted_proxies=proxies,
        secret_key=SecretStr(world.SECRET),
        public_opens_per_minute=OPENS,
        public_sends_per_minute=SENDS,
    )


@pytest.fixture
def proxies() -> str:
    """Whom the application trusts; a test may say otherwise."""
    return ""


@pytest.fixture
async def visitor(tmp_path: Path, proxies: str) -> AsyncIterator[httpx2.AsyncClient]:
    """Somebody who is not signed in."""
    database = world.new_database(tmp_path)
    world.build(database)
    app = create_app(_settings(tmp_path, proxies), database)
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app, client=("203.0.113.5", 1))
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            yield client
    database.dispose()


@pytest.mark.parametrize("door", ["/c/guess", "/d/guess", "/activate/guess", "/setup/guess"])
async def test_a_door_opens_so_often_a_minute_and_then_says_when_again(visitor: httpx2.AsyncClient, door: str) -> None:
    first = [(await visitor.get(door)).status_code for _ in range(OPENS)]
    assert 429 not in first
    refused = await visitor.get(door)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert "操作过于频繁" in refused.text


async def test_guessing_other_secrets_is_the_same_door_and_other_doors_stay_open(visitor: httpx2.AsyncClient) -> None:
    codes = [(await visitor.get(f"/c/guess-{number}")).status_code for number in range(OPENS + 1)]
    assert codes[-1] == 429
    assert (await visitor.get("/d/guess")).status_code != 429
    assert (await visitor.get("/sign-in")).status_code == 200
    sent = [(await visitor.post("/c/guess", data={})).status_code for _ in range(SENDS + 1)]
    assert 429 not in sent[:SENDS]
    assert sent[-1] == 429, "sending is counted apart"


async def test_signing_in_has_a_lock_of_its_own(visitor: httpx2.AsyncClient) -> None:
    assert {(await visitor.get("/sign-in")).status_code for _ in range(OPENS + 2)} == {200}


async def _opened_as(visitor: httpx2.AsyncClient, *forwarded: str) -> list[bool]:
    """Whether the door opened for each request that says for whom it comes."""
    answers = [await visitor.get("/c/guess", headers={"X-Forwarded-For": named}) for named in forwarded]
    return [answer.status_code != 429 for answer in answers]


@pytest.mark.parametrize("proxies", ["", "198.51.100.0/24, 127.0.0.1"])
async def test_a_name_forged_by_anybody_changes_nothing(visitor: httpx2.AsyncClient) -> None:
    names = [f"192.0.2.{number}" for number in range(OPENS + 1)]
    assert await _opened_as(visitor, *names) == [True] * OPENS + [False]


@pytest.mark.parametrize("proxies", ["203.0.113.0/28"])
async def test_behind_a_trusted_proxy_each_client_has_its_own_count(visitor: httpx2.AsyncClient) -> None:
    assert await _opened_as(visitor, *["192.0.2.1"] * (OPENS + 1), "192.0.2.2") == [True] * OPENS + [False, True]
    # What the client itself wrote stands left of what the proxy adds: it is not believed.
    forged = [f"192.0.2.{number}, 192.0.2.2" for number in range(10, 10 + OPENS)]
    assert await _opened_as(visitor, *forged) == [True] * (OPENS - 1) + [False]


@pytest.mark.parametrize("proxies", ["*", "proxy.example", "10.0.0.1/8"])
def test_trust_is_given_to_addresses_only(proxies: str) -> None:
    with pytest.raises(ValueError, match="GREENLANE_TRUSTED_PROXIES"):
        _settings(Path(), proxies).check()


@given(st.lists(st.sampled_from(["192.0.2.1", "192.0.2.2", "2001:db8::1"]), max_size=30))
@settings(deadline=None)
def test_each_address_has_its_own_count(addresses: list[str]) -> None:
    knocks, heard = Knocks(_settings(Path())), dict.fromkeys(addresses, 0)
    for address in addresses:
        if heard[address] < OPENS:
            knocks.count("c", address, sends=False)
            heard[address] += 1
            continue
        with pytest.raises(DomainError) as caught:
            knocks.count("c", address, sends=False)
        assert caught.value.code is ErrorCode.RATE_LIMITED
    assert all(count == min(OPENS, addresses.count(address)) for address, count in heard.items())
