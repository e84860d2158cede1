"""Answers of the release check 发布检查."""

from datetime import datetime

from api.schemas.base import Answer


class ReplayProblem(Answer):
    """A running case that this release cannot go on with, and what the engine's library says."""

    workflow_id: str
    kind: str
    problem: str


class ReleaseCheckAnswer(Answer):
    """One check: running cases by type that replayed, and that did not."""

    release: str
    by: str
    at: datetime
    passed: dict[str, int]
    failed: dict[str, int]
    problems: list[ReplayProblem]


class ReleasesAnswer(Answer):
    """The last checks, newest first."""

    items: list[ReleaseCheckAnswer]
