"""Who administers: what the audit wants to know of an act beside the records' own."""

from typing import NamedTuple

from models.types import Door


class By(NamedTuple):
    """Who acts, and through which door: what the audit wants to know."""

    actor: str
    door: Door
    request_id: str | None = None
