"""Cross-site request forgery: a keyed token per session, and where the request says it comes from."""

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.requests import Request

from models.encryption import keyring
from models.errors import DomainError, ErrorCode
from models.settings import Settings

FORM_FIELD = "csrf_token"
HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")


def token_for(session_secret: str) -> str:
    """The token of a session: it cannot be computed from the records alone, nor without them."""
    return hmac.new(keyring().derive("csrf"), session_secret.encode(), hashlib.sha256).hexdigest()


async def refuse_forgery(request: Request, session_secret: str, settings: Settings) -> None:
    """Check an unsafe request of a cookie session. Raises CSRF_FAILED."""
    if request.method in SAFE_METHODS:
        return
    sent = await _sent_token(request)
    expected = token_for(session_secret)
    if not _same_site(request.headers, settings) or not hmac.compare_digest(sent.encode(), expected.encode()):
        raise DomainError(ErrorCode.CSRF_FAILED)


async def _sent_token(request: Request) -> str:
    header = request.headers.get(HEADER)
    if header is not None:
        return header
    if not request.headers.get("Content-Type", "").startswith(_FORM_TYPES):
        return ""
    value = (await request.form()).get(FORM_FIELD, "")
    return value if isinstance(value, str) else ""


def _same_site(headers: Mapping[str, str], settings: Settings) -> bool:
    """Browsers name the origin of an unsafe request; a request that names none still needs the token."""
    site = headers.get("sec-fetch-site")
    if site is not None and site not in {"same-origin", "none"}:
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    return origin == settings.base_url or urlsplit(origin).netloc == headers.get("host") != ""
