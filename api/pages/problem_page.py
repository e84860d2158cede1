"""The page of a refusal that has none of its own."""

from fastapi import Request
from starlette.responses import Response

from api.pages.i18n import _
from api.pages.render import render
from api.pages.shell import shell_for
from api.pages.view.common import Link
from api.pages.view.simple import ProblemPage


def problem_page(
    request: Request,
    status: int,
    code: str,
    detail: str,
    request_id: str | None,
    *,
    advice: str = "",
    kept: str = "",
    links: tuple[Link, ...] = (),
) -> Response:
    """Answer with the sentence, what to correct, the text that was typed and a way on.

    It knows the caller only when the guard did.
    """
    caller = getattr(request.state, "caller", None)
    model = ProblemPage(
        shell=shell_for(request, caller),
        title=detail,
        status=status,
        code=code,
        request_id=request_id or "",
        advice=advice,
        kept_text=kept,
        links=links or (Link(text=_("回到首页"), href="/"),),
    )
    return render(request, "pages/problem.html", model, status=status)
