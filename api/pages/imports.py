"""导入: choose files, watch them load, read what became of every row."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Request, UploadFile
from starlette.responses import Response

from api.deps import Action, Caller, DatabaseDep, SettingsDep, require
from api.pages.imports_view import IMPORTS, import_page, imports_page
from api.pages.lists import TrailDep
from api.pages.render import render, see_other
from api.paging import Paging, PagingDep
from api.problems import problem_of
from api.routes.imports import received_or_refuse, start_import
from models.errors import DomainError, ErrorCode

router = APIRouter(prefix=IMPORTS)
ReaderDep = Annotated[Caller, require(Action.READ_IMPORTS)]
_ON_FORM = frozenset({ErrorCode.IMPORT_REJECTED, ErrorCode.FILE_TOO_LARGE, ErrorCode.INVALID_INPUT})


@router.get("")
def show_imports(
    request: Request,
    database: DatabaseDep,
    settings: SettingsDep,
    *,
    paging: PagingDep,
    trail: TrailDep,
    caller: ReaderDep,
) -> Response:
    """The upload form and the imports so far."""
    with database.read() as session:
        model = imports_page(request, caller, session, limit=settings.max_upload_bytes, paging=paging, trail=trail)
    return render(request, "pages/imports.html", model)


@router.post("")
def upload(
    request: Request,
    database: DatabaseDep,
    settings: SettingsDep,
    caller: Annotated[Caller, require(Action.IMPORT_BOOK)],
    files: Annotated[list[UploadFile] | None, File(max_length=20)] = None,
) -> Response:
    """Check the files and hand them to the worker; the same files that still load are that import."""
    try:
        received = received_or_refuse(_chosen(files or []), settings.max_upload_bytes)
    except DomainError as error:
        if error.code not in _ON_FORM:
            raise
        with database.read() as session:
            model = imports_page(
                request, caller, session, limit=settings.max_upload_bytes, paging=Paging(), error=error
            )
        return render(request, "pages/imports.html", model, problem_of(error).status)
    with database.write() as session:
        job = start_import(session, received, caller)
    return see_other(request, f"{IMPORTS}/{job.id}")


def _chosen(files: list[UploadFile]) -> list[UploadFile]:
    """The files one chose: an empty control sends one without a name. Raises INVALID_INPUT without any."""
    named = [file for file in files if file.filename]
    if not named:
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "files", "reason": "missing"}])
    return named


@router.get("/{import_id}")
def show_import(request: Request, import_id: UUID, database: DatabaseDep, caller: ReaderDep) -> Response:
    """Progress, then the report."""
    with database.read() as session:
        model = import_page(request, caller, session, import_id)
    return render(request, "pages/import.html", model)
