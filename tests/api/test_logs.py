"""The log of a process of its own: a line of JSON an event, and nothing in it that an exception quotes of people."""

import json
import subprocess
import sys

import pytest

from tests.architecture.sources import ROOT

_PROCESS = """
import logging, structlog
from pydantic import BaseModel, TypeAdapter
from api.logs import bridge_libraries, configure_logs
from models.errors import DomainError, ErrorCode

class Person(BaseModel):
    age: int

configure_logs()
bridge_libraries()
for fails in (
    lambda: Person(age="张三 13800138000"),
    lambda: TypeAdapter(Person | int).validate_python({"age": "张三\\n13800138000"}),
    lambda: (_ for _ in ()).throw(DomainError(ErrorCode.NOT_YOUR_TASK, who="张三")),
    lambda: (_ for _ in ()).throw(RuntimeError("duplicate key\\nDETAIL:  Key (login)=(张三) already exists.")),
):
    try:
        fails()
    except Exception as error:
        structlog.get_logger("own").error("own", exc_info=error)
        logging.getLogger("library").warning("of a library", exc_info=error)
"""


@pytest.fixture(scope="module")
def lines() -> list[str]:
    """What a process writes that meets four exceptions, once by our log and once by a library's."""
    ran = subprocess.run(
        [sys.executable, "-c", _PROCESS], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    return ran.stderr.splitlines()


def test_every_line_is_an_event_with_its_traceback(lines: list[str]) -> None:
    events = [json.loads(line) for line in lines]
    assert [event["event"] for event in events] == ["own", "of a library"] * 4
    assert all("Traceback" in event["exception"] for event in events)
    assert "int_parsing" in events[0]["exception"]
    assert "not_your_task" in events[4]["exception"]


def test_nobody_is_named(lines: list[str]) -> None:
    assert not any(word in line for line in lines for word in ("张三", "13800138000"))
