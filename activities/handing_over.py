"""Hands claimed letters over, one by one, and says what became of each."""

from collections.abc import Sequence
from typing import Literal, TypeVar

from temporalio import activity

from activities.ports import Notifier, RefusedError, UnconfirmedError
from models.messages.letters import Letter

ReadyT = TypeVar("ReadyT")
Outcome = Literal["sent", "refused", "unconfirmed", "again"]


def handed_over(
    notifier: Notifier, ready: Sequence[tuple[ReadyT, Letter]]
) -> tuple[list[tuple[ReadyT, Outcome]], OSError | None]:
    """What became of each letter; once the way out is closed, what has not left is given back (`again`)."""
    outcomes: list[tuple[ReadyT, Outcome]] = []
    failure: OSError | None = None
    for number, (item, letter) in enumerate(ready):
        activity.heartbeat(number)
        outcome: Outcome = "again"
        if failure is None:
            outcome, failure = _send(notifier, letter)
        outcomes.append((item, outcome))
    return outcomes, failure


def _send(notifier: Notifier, letter: Letter) -> tuple[Outcome, OSError | None]:
    try:
        notifier.send(letter)
    except RefusedError:
        return "refused", None
    except UnconfirmedError:
        return "unconfirmed", None
    except OSError as error:
        return "again", error
    return "sent", None
