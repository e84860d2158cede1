"""Bearer tokens on the wire."""

from starlette.requests import Request


def bearer_token(request: Request) -> str | None:
    """The token of `Authorization: Bearer ...`, or None when the header is absent or of another kind."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None
