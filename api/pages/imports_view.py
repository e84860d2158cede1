"""Builds the pages of imports from the jobs and their reports."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from fastapi import Request
from sqlmodel import Session

from api.pages.form_errors import error_summary
from api.pages.format import stamp, whole
from api.pages.i18n import _
from api.pages.i18n import mark as _m
from api.pages.lists import Trail, pager
from api.pages.shell import shell_for
from api.pages.view.common import EmptyState, ErrorSummary, FieldError, Link, Progress, Strip, StripTone, Tag, TagTone
from api.pages.view.imports import ChangeRow, FileRow, ImportPage, ImportRow, ImportsPage, RejectionRow
from api.pages.words import word
from api.paging import Paging, encode_cursor
from api.schemas.imports import COUNTERS
from api.security.caller import Caller
from api.security.policy import Action
from models.errors import DomainError
from models.services import importing
from models.services.importing import ImportReport
from models.services.importing.kinds import BookKind
from models.stores.jobs import JobStore
from models.stores.people import PeopleStore
from models.tables.jobs import ImportFile, Job
from models.types import JobState

IMPORTS = "/imports"
SHOWN = 200
_KINDS = {
    BookKind.INSTITUTIONS: _m("机构"),
    BookKind.STAFF: _m("人员"),
    BookKind.CUSTOMERS: _m("客户"),
    BookKind.CONTACTS: _m("联系人"),
    BookKind.POLICIES: _m("保单"),
    BookKind.EXPERIENCE: _m("经验数据"),
}
_TONES = {
    JobState.QUEUED: TagTone.BLUE,
    JobState.RUNNING: TagTone.BLUE,
    JobState.DONE: TagTone.OK,
    JobState.FAILED: TagTone.BAD,
}


def imports_page(
    request: Request,
    caller: Caller,
    session: Session,
    *,
    limit: int,
    paging: Paging,
    trail: Trail = (),
    error: DomainError | None = None,
) -> ImportsPage:
    """The form and the imports of the caller's institutions, newest first; `limit` is bytes of one upload."""
    scope, store, now = caller.scope(Action.READ_IMPORTS), JobStore(session), datetime.now(UTC)
    found = store.recent(importing.JOB_KIND, scope, paging.id(), paging.fetch)
    shown, following = paging.cut(found, lambda job: (str(job.id),))
    may = caller.may(Action.IMPORT_BOOK)
    current = encode_cursor(paging.after) if paging.after else None
    return ImportsPage(
        shell=shell_for(request, caller, current="imports"),
        title=_("导入"),
        json_href="/api/v1/imports",
        action=IMPORTS if may else "",
        limit=f"{limit // 1024 // 1024} MB",
        rows=tuple(_row(session, job, now) for job in shown),
        pager=pager(IMPORTS, {}, current=current, following=following, trail=trail),
        empty=None if shown else EmptyState(text=_("还没有导入过。"), icon="upload"),
        errors=_errors(error),
    )


def import_page(request: Request, caller: Caller, session: Session, import_id: UUID) -> ImportPage:
    """One import. Raises NOT_FOUND outside the caller's institutions."""
    report = importing.report_of(session, import_id, caller.scope(Action.READ_IMPORTS), limit=SHOWN)
    job, now = report.job, datetime.now(UTC)
    running = job.state in {JobState.QUEUED, JobState.RUNNING}
    address = f"{IMPORTS}/{job.id}"
    totals = {name: sum(getattr(file, name) for file in report.files) for name in COUNTERS}
    return ImportPage(
        shell=shell_for(request, caller, current="imports", refresh_href=address if running else None),
        title=_("导入报告"),
        phone_title=_("导入"),
        back_href=IMPORTS,
        json_href=f"/api/v1/imports/{job.id}",
        state=_state(job),
        headline=" · ".join(part for part in (stamp(job.created_at, now), _who(session, job)) if part),
        strips=_strips(report, totals),
        progress=_progress(job) if running else None,
        poll_href=address if running else "",
        files=tuple(_file(file) for file in report.files),
        totals=_totals(totals) if len(report.files) > 1 else None,
        rejections=tuple(
            RejectionRow(file=row.file, line=whole(row.line), column=row.column, reason=row.reason)
            for row in report.rejections
        ),
        rejections_note=_shown(len(report.rejections), totals["rejected"]),
        download=_download(job, totals["rejected"]),
        changes=tuple(
            ChangeRow(file=row.file, line=whole(row.line), key=row.key, columns=row.columns) for row in report.changes
        ),
        changes_note=_shown(len(report.changes), totals["changed"]),
    )


def _row(session: Session, job: Job, now: datetime) -> ImportRow:
    files = JobStore(session).files(job.id)
    return ImportRow(
        href=f"{IMPORTS}/{job.id}",
        files="、".join(file.name for file in files) or _("无文件"),
        when=stamp(job.created_at, now),
        who=_who(session, job),
        state=_state(job),
        counts=_counts(files),
    )


def _counts(files: Sequence[ImportFile]) -> str:
    new, refused = sum(file.accepted for file in files), sum(file.rejected for file in files)
    changed = sum(file.changed for file in files)
    return _(
        "新增 %(new)s，更新 %(changed)s，拒绝 %(refused)s",
        new=whole(new),
        changed=whole(changed),
        refused=whole(refused),
    )


def _who(session: Session, job: Job) -> str:
    account = PeopleStore(session).account(job.created_by) if job.created_by else None
    return account.name if account else ""


def _state(job: Job) -> Tag:
    return Tag(text=word(job.state), tone=_TONES[job.state])


def _progress(job: Job) -> Progress:
    text = _("已处理 %(done)s / %(total)s 行", done=whole(job.done), total=whole(job.total))
    return Progress(done=job.done, total=max(1, job.total), text=text)


def _strips(report: ImportReport, totals: dict[str, int]) -> tuple[Strip, ...]:
    job = report.job
    if job.state is JobState.FAILED:
        text = _("导入未完成：%(why)s", why=job.error or "")
        return (Strip(text=text, tone=StripTone.WARN, icon="alert", focus=True),)
    if job.state is not JobState.DONE:
        return ()
    strips = []
    if report.nothing_new or not totals["rejected"]:
        text = _("已导入过，无变化。") if report.nothing_new else _("全部载入。")
        strips.append(Strip(text=text, tone=StripTone.OK, icon="check", focus=True))
    if totals["rejected"]:
        text = _("%(n)s 行未载入，其余已载入。更正后重新上传即可，已载入的行不会重复。", n=whole(totals["rejected"]))
        strips.append(Strip(text=text, tone=StripTone.WARN, icon="alert", focus=not strips))
    return tuple(strips)


def _file(file: ImportFile) -> FileRow:
    kind = _(_KINDS[BookKind(file.kind)]) if file.kind in set(BookKind) else file.kind
    return _counted(file.name, kind, {name: getattr(file, name) for name in COUNTERS})


def _totals(totals: dict[str, int]) -> FileRow:
    return _counted(_("合计"), "", totals)


def _counted(name: str, kind: str, counts: dict[str, int]) -> FileRow:
    return FileRow(
        name=name,
        kind=kind,
        accepted=whole(counts["accepted"]),
        changed=whole(counts["changed"]),
        unchanged=whole(counts["unchanged"]),
        rejected=whole(counts["rejected"]),
    )


def _shown(shown: int, total: int) -> str:
    if total <= shown:
        return ""
    return _("共 %(total)s 行，此处显示前 %(shown)s 行", total=whole(total), shown=whole(shown))


def _download(job: Job, rejected: int) -> Link | None:
    if not rejected:
        return None
    return Link(text=_("下载未载入的行"), href=f"/api/v1/imports/{job.id}/rejections.csv", icon="down")


def _errors(error: DomainError | None) -> ErrorSummary | None:
    if error is None:
        return None
    summary = error_summary(error)
    return (
        summary
        if summary.errors
        else ErrorSummary(title=summary.title, errors=(FieldError(field_id="files", text=summary.title),))
    )
