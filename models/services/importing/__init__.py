"""Importing the book: reading files -> parsing rows -> checking against the records -> writing, one module each.

`receive` and `create_job` make a job of uploads, `run_import` loads it, `report_of` tells what became of every row.
"""

from models.services.importing.receiving import (
    JOB_KIND,
    Received,
    Sender,
    Upload,
    create_job,
    find_job,
    receive,
)
from models.services.importing.report import ImportReport, import_job, rejection_rows, report_of
from models.services.importing.run import Progress, run_import

__all__ = [
    "JOB_KIND",
    "ImportReport",
    "Progress",
    "Received",
    "Sender",
    "Upload",
    "create_job",
    "find_job",
    "import_job",
    "receive",
    "rejection_rows",
    "report_of",
    "run_import",
]
