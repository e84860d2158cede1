"""One owner per home, ports taken before anything starts, small files."""

import os
import socket
import stat
from pathlib import Path

import pytest

from api.supervisor.errors import StartError
from api.supervisor.home import LOG_LIMIT_BYTES, log_path, log_tail, read_facts, sole_owner, write_facts
from api.supervisor.ports import engine_ports, is_loopback, listen
from api.supervisor.run import _check
from models.settings import Settings


def test_a_second_owner_of_a_home_is_refused_by_name(tmp_path: Path) -> None:
    home = tmp_path / "home"
    refusal = pytest.raises(StartError, match=f"already run by process {os.getpid()}.*GREENLANE_HOME")
    with sole_owner(home), refusal, sole_owner(home):
        pytest.fail("two owners")
    with sole_owner(home):
        assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_port_in_use_names_the_port_and_the_setting() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(StartError, match=rf"port {port} on 127\.0\.0\.1 is already in use.*GREENLANE_HTTP_PORT"):
            listen("127.0.0.1", port)
    listen("127.0.0.1", port).close()


def test_an_address_of_another_machine_is_an_error() -> None:
    with pytest.raises(StartError, match="cannot be used"):
        listen("192.0.2.1", 8000)


def test_engine_ports_are_remembered_while_free(tmp_path: Path) -> None:
    first = engine_ports(tmp_path, 0)
    assert len(set(first)) == 2
    assert engine_ports(tmp_path, 0) == first
    with socket.socket() as other:
        other.bind(("127.0.0.1", first[0]))
        other.listen()
        moved = engine_ports(tmp_path, 0)
        assert moved[0] != first[0]
        with pytest.raises(StartError, match="GREENLANE_TEMPORAL_PORT"):
            engine_ports(tmp_path, first[0])


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("10.0.0.1", False), ("x.cn", False)],
)
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_a_home_with_public_passwords_is_never_served_beyond_loopback(tmp_path: Path) -> None:
    refusal = "loopback only"
    with pytest.raises(StartError, match=refusal):
        _check(Settings(home=tmp_path, demo=True, http_host="0.0.0.0", public_url="https://vip.example.com"))
    Settings(home=tmp_path).demo_marker.touch()
    with pytest.raises(StartError, match=refusal):
        _check(Settings(home=tmp_path, http_host="0.0.0.0", public_url="https://vip.example.com"))


def test_plain_http_beyond_loopback_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="GREENLANE_ALLOW_HTTP"):
        _check(Settings(home=tmp_path, http_host="0.0.0.0"))


def test_logs_are_put_aside_when_large_and_read_from_the_end(tmp_path: Path) -> None:
    path = log_path(tmp_path, "worker")
    assert log_tail(path) == ""
    path.write_text("\n".join(f"line {number}" for number in range(100)), encoding="utf-8")
    assert log_tail(path, 2) == "line 98\nline 99"
    os.truncate(path, LOG_LIMIT_BYTES + 1)
    assert not log_path(tmp_path, "worker").exists()
    assert (tmp_path / "log" / "worker.log.1").exists()


def test_facts_survive_damage(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    write_facts(path, {"temporal": 7233})
    assert read_facts(path) == {"temporal": 7233}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("{", encoding="utf-8")
    assert read_facts(path) == {}
