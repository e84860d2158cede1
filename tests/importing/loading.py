"""Loading small books in tests."""

from typing import TypeVar
from uuid import UUID

from sqlmodel import SQLModel, select

from models.database import Database
from models.services import importing, jobs
from models.services.importing import ImportReport, Sender, Upload

RowT = TypeVar("RowT", bound=SQLModel)
SECRET = "test-secret-test-secret-test-secret-0000"
LIMIT = 10 * 1024 * 1024

INSTITUTIONS = """code,name,level,parent_code,region_class,city
HQ,总公司,hq,,1,深圳
BJ,北京分公司,branch,HQ,1,北京
BJ01,北京第一支公司,sub_branch,BJ,1,北京
GS,甘肃分公司,branch,HQ,3,兰州
"""
CUSTOMERS = """customer_no,name,institution_code,industry,employees,insured_lives
C1,甲公司,BJ01,制造业,100,90
C2,乙公司,GS,保险业,20,20
"""
POLICIES = """policy_no,customer_no,product_class,pay_mode,pay_term_years,effective_on,expires_on,status
P1,C1,A,regular,,2025-01-01,2025-12-31,in_force
P2,C2,D,regular,5,2025-01-01,2025-12-31,in_force
"""
EXPERIENCE = """policy_no,year,premium_received,earned_premium,incurred_claims
P1,2025,1000.50,1000,300
P2,2025,2000,2000,0
"""
BOOK = {
    "institutions.csv": INSTITUTIONS,
    "customers.csv": CUSTOMERS,
    "policies.csv": POLICIES,
    "experience.csv": EXPERIENCE,
}
"""A small good book."""


def uploads(files: dict[str, str | bytes]) -> list[Upload]:
    """Files as they come in."""
    return [Upload(name, data.encode() if isinstance(data, str) else data) for name, data in files.items()]


def start(database: Database, files: dict[str, str | bytes], sender: Sender | None = None) -> UUID:
    """A claimed job of these files; raises the refusal of the first that cannot be read."""
    received = importing.receive(uploads(files), LIMIT)
    if received.refused:
        raise received.refused[0]
    with database.write() as session:
        job = importing.create_job(session, received.readable, sender or Sender())
        jobs.take_over(session, job.id)
        return job.id


def report(database: Database, job_id: UUID) -> ImportReport:
    """The report of a job."""
    with database.read() as session:
        return importing.report_of(session, job_id)


def load(database: Database, files: dict[str, str | bytes], sender: Sender | None = None) -> ImportReport:
    """Load files to the end."""
    job_id = start(database, files, sender)
    importing.run_import(database, job_id)
    return report(database, job_id)


def rows(database: Database, table: type[RowT]) -> list[RowT]:
    """Every row of a table."""
    with database.read() as session:
        return list(session.exec(select(table)))


def refusals(found: ImportReport) -> list[tuple[str, int, str, str]]:
    """File, line, column and reason of every refused row."""
    return [(row.file, row.line, row.column, row.reason) for row in found.rejections]


def counts(found: ImportReport) -> dict[str, tuple[int, int, int, int]]:
    """New, changed, unchanged and refused rows by file."""
    return {file.name: (file.accepted, file.changed, file.unchanged, file.rejected) for file in found.files}
