"""Static files: addresses carry the content's digest, so they may be cached for a year."""

import hashlib
from functools import cache

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from templates import STATIC

PREFIX = "/static"


@cache
def asset(name: str) -> str:
    """Address of a static file, e.g. `asset("gl.css")` -> `/static/gl.css?v=1f2e3d4c`.

    Raises:
        FileNotFoundError: there is no such file, so a mistyped name fails its page's test.
    """
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"{PREFIX}/{name}?v={digest}"


class CachedStaticFiles(StaticFiles):
    """Serves `templates/static`; an address with a digest never changes its content."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """As the parent, plus the cache lifetime."""
        response = await super().get_response(path, scope)
        versioned = scope.get("query_string", b"").startswith(b"v=")
        lifetime = "public, max-age=31536000, immutable" if versioned else "public, max-age=300"
        response.headers["Cache-Control"] = lifetime
        return response


def static_app() -> CachedStaticFiles:
    """The application to mount at `PREFIX`."""
    return CachedStaticFiles(directory=STATIC)
