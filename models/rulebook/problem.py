"""One thing that is wrong in a rulebook."""

from typing import NamedTuple

from models.errors import DomainError, ErrorCode


class Problem(NamedTuple):
    """`file` and dotted `key` to mend, and why."""

    file: str
    key: str
    reason: str

    def error(self) -> DomainError:
        """The refusal that names this problem."""
        return DomainError(ErrorCode.RULEBOOK_INVALID, file=self.file, key=self.key, reason=self.reason)
