"""Jinja for the pages: one environment, both languages, whole page or fragment by `HX-Request`."""

import json
from collections.abc import Mapping
from functools import cache
from uuid import uuid4

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response

from api.pages import format as formats
from api.pages.assets import asset
from api.pages.i18n import count_text, gettext, language, ngettext
from api.pages.view.shell import Page
from templates import ROOT

HTMX_CONFIG = json.dumps(
    {
        "includeIndicatorStyles": False,
        "allowEval": False,
        "historyCacheSize": 0,
        "refreshOnHistoryMiss": True,
        "historyRestoreAsHxRequest": False,
        "selfRequestsOnly": True,
        "attributesToSettle": ["class", "width", "height"],
        "responseHandling": [
            {"code": "204", "swap": False},
            {"code": "[23]..", "swap": True},
            {"code": "(401|403|404|409|410|413|422|429|503)", "swap": True, "error": False},
            {"code": "[45]..", "swap": False, "error": True},
        ],
    }
)
"""What the strict Content-Security-Policy and our answers ask of htmx."""

_FORMATS = ("amount", "money", "money_short", "whole", "yuan", "difference", "percent", "factor")


@cache
def environment() -> Environment:
    """The environment of every page: autoescape, no undefined names, translations by the request's language."""
    env = Environment(
        loader=FileSystemLoader(ROOT),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]  # added by the extension
    env.globals.update(
        asset=asset, language=language, count_text=count_text, htmx_config=HTMX_CONFIG, new_group=_new_group
    )
    env.filters.update({name: getattr(formats, name) for name in _FORMATS})
    return env


def _new_group() -> str:
    """Name of a group of folds of which one at a time is open, another one each time a page is drawn.

    Of two groups of one name in a document, the old and the new of a swap, the browser closes the new.
    """
    return f"g{uuid4().hex}"


def is_fragment(request: Request) -> bool:
    """True when htmx asks for the content only; a history restore wants the whole page."""
    headers = request.headers
    return headers.get("HX-Request") == "true" and headers.get("HX-History-Restore-Request") != "true"


def render(
    request: Request, template: str, model: Page, status: int = 200, headers: Mapping[str, str] | None = None
) -> HTMLResponse:
    """The page, or only its content when htmx asks for it.

    Args:
        request: decides between page and fragment.
        template: name under `templates/`, e.g. `pages/inbox.html`.
        model: the page's view model, `page` in the template; its shell is `shell`.
        status: HTTP status; 401, 403, 404, 409, 422, 429 and 503 are swapped by htmx like a success.
        headers: further headers, e.g. `Retry-After`.

    Raises:
        jinja2.UndefinedError: the template asks for something that the model does not have.
    """
    layout = "fragment.html" if is_fragment(request) else "base.html"
    text = environment().get_template(template).render(page=model, shell=model.shell, layout=layout)
    response = HTMLResponse(text, status_code=status, headers=dict(headers or {}))
    response.headers["Vary"] = "HX-Request"
    if model.json_href:
        response.headers["Link"] = f'<{model.json_href}>; rel="alternate"; type="application/json"'
    return response


def see_other(request: Request, url: str) -> Response:
    """Send the browser on after a POST: 303, or for htmx a swap of the content with a new address."""
    if not is_fragment(request):
        return RedirectResponse(url, status_code=303)
    location = json.dumps({"path": url, "target": "#gl-content", "swap": "innerHTML"})
    return Response(status_code=204, headers={"HX-Location": location, "Vary": "HX-Request"})
