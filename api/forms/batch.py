"""A batch of forms as the worker makes it: sheet by sheet, then set in files of so many sheets each.

A worker that dies leaves the sheets that were read; the next one goes on behind them.
"""

import io
import json
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from api.forms.kinds import Printing, printed_form
from api.forms.pdf import sheets_to_pdf
from api.pages.i18n import using_language
from models.database import Database
from models.rules.calendar import local_date
from models.services import batches, jobs
from models.services.batches import Made
from models.services.rulebooks import rulebook_in_force
from models.stores.batches import BatchStore

READ_AT_ONCE = 10
PDF, ZIP = "application/pdf", "application/zip"
_STAMP = (2003, 1, 1, 0, 0, 0)
"""Entries of an archive carry one fixed time: what was made when stands on every sheet."""


def run_batch(database: Database, job_id: UUID) -> None:
    """Make a claimed batch and finish it. Raises JobLostError when another worker took it over."""
    while _read_some(database, job_id):
        pass
    with database.read() as session:
        sheets = [json.loads(content) for content in BatchStore(session).contents(job_id)]
        params = jobs.get(session, job_id).params
        most = rulebook_in_force(session, local_date(datetime.now(UTC))).rulebook.forms.batch_file_sheets
    made = _made(database, job_id, f"{params['institution_code']}-{params['year']}Q{params['quarter']}", sheets, most)
    with database.write() as session:
        batches.keep(session, job_id, made)


def _read_some(database: Database, job_id: UUID) -> bool:
    """The next sheets in words, in one transaction with their progress; False when all are read."""
    with database.write() as session:
        store, params = BatchStore(session), jobs.get(session, job_id).params
        waiting = store.unread(job_id, READ_AT_ONCE)
        printing = Printing(by=params["by"], now=datetime.now(UTC), full=params["full"])
        with using_language(params["language"]):
            for row in waiting:
                form = printed_form(session, row.number, row.form_id, printing)
                row.content = json.dumps(form.as_data(), ensure_ascii=False)
                store.add(row)
        jobs.progress(session, job_id, len(waiting))
    return bool(waiting)


def _made(database: Database, job_id: UUID, name: str, sheets: Sequence[dict[str, Any]], most: int) -> Made:
    """One PDF, or a ZIP of several. A sign of life is given after each."""
    files: list[bytes] = []
    for start in range(0, len(sheets), most):
        files.append(sheets_to_pdf(sheets[start : start + most]))
        with database.write() as session:
            jobs.progress(session, job_id, 0)
    if len(files) == 1:
        return Made(f"forms-{name}.pdf", PDF, files[0])
    return Made(f"forms-{name}.zip", ZIP, _zipped(name, files))


def _zipped(name: str, files: Sequence[bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for number, content in enumerate(files, start=1):
            archive.writestr(zipfile.ZipInfo(f"forms-{name}-{number:02}.pdf", _STAMP), content)
    return buffer.getvalue()
