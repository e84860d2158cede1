"""T24: bodies, keys and addresses that are too large, too deep or no text: refused, and the case is usable at once."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from models.tables.cases import Decision
from models.tables.messages import IdempotencyRecord
from tests.faults.clerk import Clerk, clerk
from tests.faults.parts import Engine

pytestmark = [pytest.mark.faults, pytest.mark.temporal, pytest.mark.timeout(90)]

LONG = "x" * 10_000
DEEP = 50_000
LIMIT = 256 * 1024
JSON = {"Content-Type": "application/json"}
RAW_JSON = {b"Content-Type": b"application/json"}


def _with(**fields: Any) -> bytes:
    """A decision with fields put wrong."""
    return json.dumps({"verdict": "approve", "version": 1, **fields}).encode()


BODIES: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "null": b"null",
    "a number": b"1" * 5000,
    "deep lists": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "a deep field": b'{"verdict":"approve","version":1,"comment":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "beyond the limit": _with(comment="x" * LIMIT),
    "a megabyte": b"x" * 1024 * 1024,
    "NUL": _with(comment="a\x00b"),
    "NUL in a name": _with(**{"a\x00b": 1}),
    "a lone surrogate": b'{"verdict":"approve","version":1,"comment":"\\ud800"}',
    "a lone low surrogate": b'{"verdict":"approve","version":1,"comment":"a\\udfffb"}',
    "a surrogate in a name": b'{"verdict":"approve","version":1,"\\ud800":1}',
    "no UTF-8": b'{"verdict":"approve","version":1,"comment":"\xff\xfe"}',
    "encoded surrogates": b'{"verdict":"approve","version":1,"comment":"\xed\xa0\x80"}',
    "a long comment": _with(comment=LONG),
    "a comment that is none": _with(comment={"a": [1]}),
    "a long stage": _with(return_to=LONG),
    "a long verdict": _with(verdict=LONG),
    "an unknown field": _with(status="approved"),
    "no version": b'{"verdict":"approve"}',
    "version 0": _with(version=0),
    "a huge version": _with(version=10**400),
    "a version beyond 64 bits": _with(version=2**63),
    "a broken version": _with(version=1.5),
    "infinity": b'{"verdict":"approve","version":Infinity}',
    "no number": b'{"verdict":"approve","version":NaN}',
    "an overflow": b'{"verdict":"approve","version":1e400}',
}
KEYS: dict[str, bytes] = {"a long key": LONG.encode(), "no text": b"\xff\xfe\xfd", "a tab": b"a\tb", "blank": b" "}
DECLARED: dict[str, dict[str, Any]] = {
    "a long customer": {"customer_no": LONG},
    "NUL in a customer": {"customer_no": "C\x00"},
    "a year beyond": {"year": 10**30},
    "ten thousand signers": {"signers": ["00000000-0000-7000-8000-000000000000"] * 5_000},
    "a signer that is none": {"signers": [LONG]},
}
ADDRESSES = (
    f"/api/v1/tasks/{LONG}",
    f"/api/v1/updates/{LONG}",
    "/api/v1/updates/%00",
    "/api/v1/updates/%ED%A0%80",
    f"/api/v1/cases/{LONG}",
    "/api/v1/tasks/%00",
    f"/api/v1/tasks?cursor={LONG}",
    f"/api/v1/tasks?q={LONG}",
    "/api/v1/tasks?cursor=%00",
)


@pytest.fixture
async def desk(power: Engine, tmp_path: Path) -> AsyncIterator[Clerk]:
    """The service on the engine, with a worker."""
    async with clerk(power, tmp_path) as found, found.worker():
        yield found


def _refused(answer: httpx2.Response) -> bool:
    """A problem with a code, and no fault of ours."""
    return 400 <= answer.status_code < 500 and bool(answer.json()["code"])


async def test_poison_is_refused_and_leaves_the_case_usable(desk: Clerk) -> None:
    task = await desk.declare()
    path, unit, mgr = f"/api/v1/tasks/{task['task_id']}/decide", desk.clients.token("unit"), desk.clients.token("mgr")
    answers = {name: await unit.post(path, content=body, headers=JSON) for name, body in BODIES.items()}
    for name, key in KEYS.items():
        answers[name] = await unit.post(path, content=_with(), headers={**RAW_JSON, b"Idempotency-Key": key})
    for name, fields in DECLARED.items():
        answers[name] = await mgr.post("/api/v1/qualifications", json=desk.declaration() | fields)
    for address in ADDRESSES:
        answers[address[:40]] = await unit.get(address)
    found = {name: (answer.status_code, answer.text[:200]) for name, answer in answers.items() if not _refused(answer)}
    assert found == {}
    assert len(desk.stage.rows(Decision)) == 1, "nothing of it was taken"
    assert len(desk.stage.rows(IdempotencyRecord)) == 1, "nothing of it was kept"
    done = await desk.approve(task, "the-click")
    assert done.status_code == 200, done.text
    assert desk.decided() == ["the-click"]
