"""Which file a report is asked for by `Accept`, instead of JSON."""

from fastapi import Request


def wanted_type(request: Request, *known: str) -> str | None:
    """The first of the known media types that `Accept` names; None for JSON."""
    accepted = request.headers.get("accept", "")
    return next((kind for kind in known if kind in accepted), None)
