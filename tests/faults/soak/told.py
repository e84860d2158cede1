"""What clients were told: every call of every act, kept as ok, fail or unknown."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

NOT_YET, REFUSED, TOO_MANY, AWAY = 202, 300, 429, 503
OPEN_STATUSES = {None, NOT_YET, AWAY, TOO_MANY}
"""No answer, or one that leaves it open: the same request under the same key is sent again."""


class Outcome(StrEnum):
    """What is known of an act."""

    OK = "ok"
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Call:
    """One request: its status (None when the connection broke), problem code and answer, and how long it took."""

    status: int | None
    seconds: float
    answer: dict[str, Any] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """The code of a problem; empty for anything else."""
        return str(self.answer.get("code", ""))

    @property
    def outcome(self) -> Outcome:
        """What this call alone tells."""
        if self.status in OPEN_STATUSES or self.status is None:
            return Outcome.UNKNOWN
        return Outcome.OK if self.status < REFUSED else Outcome.FAIL


@dataclass
class Act:
    """What a person wants under one key, and every call made for it."""

    login: str
    account_id: UUID
    key: str
    path: str
    body: dict[str, Any]
    task_id: UUID | None = None
    calls: list[Call] = field(default_factory=list)

    @property
    def update_id(self) -> str:
        """Its id in the engine and in the records."""
        return f"{self.account_id}:{self.key}"

    @property
    def outcome(self) -> Outcome:
        """A definite answer outweighs the calls that got none."""
        told = {call.outcome for call in self.calls}
        return next((found for found in (Outcome.OK, Outcome.FAIL) if found in told), Outcome.UNKNOWN)

    @property
    def case_id(self) -> UUID | None:
        """The case that an acknowledged act was said to stand on."""
        answer = next((call.answer for call in self.calls if call.outcome is Outcome.OK), {})
        found = answer.get("case_id") or answer.get("case", {}).get("case_id")
        return UUID(found) if found else None

    @property
    def begins(self) -> bool:
        """Whether it starts a case."""
        return self.path.endswith("/qualifications")


@dataclass
class Log:
    """Every act of a run, and reads whose answer was no good one."""

    acts: list[Act] = field(default_factory=list)
    reads: list[Call] = field(default_factory=list)

    def unknown(self) -> list[Act]:
        """Acts of which nobody was told anything definite."""
        return [act for act in self.acts if act.outcome is Outcome.UNKNOWN]

    def calls(self) -> Iterator[tuple[str, Call]]:
        """Every call with the path it went to."""
        for act in self.acts:
            yield from ((act.path, call) for call in act.calls)
        yield from (("read", call) for call in self.reads)
