"""The way to an engine elsewhere: refused when half set, and sealed when it is whole."""

from pathlib import Path

import pytest
from pydantic import SecretStr
from temporalio.client import Client

from models.settings import Settings
from tests.faults.parts import NAMESPACE, Engine
from tests.production.tls_door import Door, Papers, make_papers
from workflows.client import connect

ADDRESS = "engine.example.com:7233"


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    """An authority with a server's and a client's certificate."""
    return make_papers(tmp_path_factory.mktemp("papers"))


HALVES = (
    ({"temporal_tls": True}, "GREENLANE_TEMPORAL_TLS is set without GREENLANE_TEMPORAL_ADDRESS"),
    ({"temporal_api_key": "k"}, "GREENLANE_TEMPORAL_API_KEY is set without GREENLANE_TEMPORAL_ADDRESS"),
    ({"temporal_address": ADDRESS, "temporal_api_key": "k"}, "API_KEY needs GREENLANE_TEMPORAL_TLS=1"),
    ({"temporal_address": ADDRESS, "temporal_tls_server_name": "x"}, "SERVER_NAME needs GREENLANE_TEMPORAL_TLS=1"),
    ({"temporal_address": ADDRESS, "temporal_tls": True, "temporal_api_key": " "}, "API_KEY is empty"),
    ({"temporal_address": ADDRESS, "temporal_tls": True, "temporal_tls_ca": "gone.pem"}, "gone.pem cannot be read"),
    ({"temporal_address": ADDRESS, "temporal_tls": True, "temporal_tls_ca": __file__}, "is no PEM file"),
)


@pytest.mark.parametrize(("told", "reason"), HALVES, ids=[reason for _, reason in HALVES])
def test_half_set_is_refused(told: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Settings.model_validate(told).check()


@pytest.mark.parametrize("half", ["temporal_tls_cert", "temporal_tls_key"])
def test_a_certificate_needs_its_key(papers: Papers, half: str) -> None:
    told = Settings.model_validate({"temporal_address": ADDRESS, "temporal_tls": True, half: papers.client_key})
    with pytest.raises(ValueError, match="are set together or not"):
        told.check()


async def test_the_key_is_shown_to_the_engine_and_to_nobody_else(tmp_path: Path) -> None:
    told = Settings(home=tmp_path, temporal_address=ADDRESS, temporal_tls=True, temporal_api_key=SecretStr("cloud-key"))
    told.check()
    assert "cloud-key" not in repr(told)
    client = await connect(told, lazy=True)
    assert client.service_client.config.api_key == "cloud-key"
    plain = await connect(Settings(home=tmp_path, temporal_address=ADDRESS), lazy=True)
    assert (plain.service_client.config.tls, plain.service_client.config.api_key) == (False, None)


@pytest.mark.temporal
async def test_a_real_engine_behind_tls_is_reached_with_both_papers_only(
    power: Engine, papers: Papers, tmp_path: Path
) -> None:
    async with Door(papers, power.port) as door:
        whole = Settings(
            home=tmp_path,
            temporal_address=f"127.0.0.1:{door.port}",
            temporal_namespace=NAMESPACE,
            temporal_tls=True,
            temporal_tls_ca=papers.authority,
            temporal_tls_cert=papers.client,
            temporal_tls_key=papers.client_key,
            temporal_tls_server_name=papers.name,
        )
        assert await _answers(await connect(whole))
        unnamed = whole.model_copy(update={"temporal_tls_cert": None, "temporal_tls_key": None})
        unknown = whole.model_copy(update={"temporal_tls_ca": papers.client})
        other = whole.model_copy(update={"temporal_tls_server_name": "elsewhere.example.com"})
        plain = Settings(home=tmp_path, temporal_address=whole.temporal_address)
        for wrong in (unnamed, unknown, other, plain):
            with pytest.raises(RuntimeError, match="Failed client connect"):
                await connect(wrong)


async def _answers(client: Client) -> bool:
    return await client.service_client.check_health()
