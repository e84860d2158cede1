"""Lists as workbooks: the same filter as the page they are asked from, capped, and written down in the audit trail."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.customer_answers import reader_of as customers_of
from api.deps import Action, Caller, DatabaseDep, require
from api.forms.xlsx import Cell, CellKind, Column, Sheet, xlsx_answer
from api.institution_filter import part_of_tree
from api.pages.care_calendar_view import touchpoints_for
from api.pages.care_query import CareQueryDep
from api.pages.complaints import QueryDep as ComplaintQueryDep
from api.pages.complaints_desk import complaints_for
from api.pages.desk import Desk, desk_of
from api.pages.green_channel_query import GreenQueryDep
from api.pages.i18n import _
from api.pages.i18n import mark as _m
from api.pages.lists import tier_or_none
from api.pages.words import word
from api.paging import Paging
from models.database import Database
from models.rules.calendar import local_date
from models.services import audit
from models.services.customers import CustomerSummary, list_customers
from models.stores.complaints import ComplaintRow
from models.stores.customers import CustomerFilter, names_of
from models.stores.green_channel import GreenChannelStore, GreenRow, moments_at
from models.tables.care import Touchpoint

router = APIRouter()
MOST_ROWS = 5_000
"""A workbook for people; whoever needs more asks the API page by page."""
Short = Annotated[str, Query(max_length=100)]


class _Field(NamedTuple):
    """A column, and what stands in it."""

    column: Column
    value: Callable[[Any], Cell]


class _List(NamedTuple):
    """One list: its name as file and as title, its columns."""

    name: str
    title: str
    fields: tuple[_Field, ...]


def _yes_no(value: bool | None) -> str:
    return "" if value is None else _("是") if value else _("否")


_CUSTOMERS = _List(
    "customers",
    _m("客户"),
    (
        _Field(Column(heading=_m("客户号")), lambda row: row.customer.customer_no),
        _Field(Column(heading=_m("客户"), width=36), lambda row: row.customer.name),
        _Field(Column(heading=_m("机构"), width=8), lambda row: row.customer.institution_code),
        _Field(Column(heading=_m("层级"), width=8), lambda row: word(row.tier)),
        _Field(Column(heading=_m("客户经理")), lambda row: row.manager),
        _Field(
            Column(heading=_m("客户价值"), kind=CellKind.INTEGER, width=16),
            lambda row: row.ranking.value if row.ranking else None,
        ),
        _Field(
            Column(heading=_m("名次"), kind=CellKind.INTEGER, width=6),
            lambda row: row.ranking.rank if row.ranking else None,
        ),
        _Field(
            Column(heading=_m("有效期自"), kind=CellKind.DATE),
            lambda row: row.membership.valid_from if row.membership else None,
        ),
        _Field(
            Column(heading=_m("有效期至"), kind=CellKind.DATE),
            lambda row: row.membership.valid_to if row.membership else None,
        ),
        _Field(Column(heading=_m("最近期限"), kind=CellKind.INSTANT, width=17), lambda row: row.next_due),
    ),
)
_GREEN = _List(
    "green-channel",
    _m("绿色通道"),
    (
        _Field(Column(heading=_m("编号"), width=20), lambda row: row.record.record_no),
        _Field(Column(heading=_m("客户号")), lambda row: row.record.customer_no),
        _Field(Column(heading=_m("客户"), width=36), lambda row: row.customer.name),
        _Field(Column(heading=_m("层级"), width=8), lambda row: word(row.case.tier)),
        _Field(Column(heading=_m("服务")), lambda row: word(row.record.service)),
        _Field(Column(heading=_m("业务编号"), width=18), lambda row: row.record.reference_no),
        _Field(Column(heading=_m("机构"), width=8), lambda row: row.record.institution_code),
        _Field(Column(heading=_m("状态")), lambda row: word(row.case.stage)),
        _Field(Column(heading=_m("经办人")), lambda row: row.record.handler_name or ""),
        _Field(Column(heading=_m("受理时间"), kind=CellKind.INSTANT, width=17), lambda row: row.record.received_at),
        _Field(Column(heading=_m("期限"), kind=CellKind.INSTANT, width=17), lambda row: row.record.due_at),
        _Field(Column(heading=_m("办结时间"), kind=CellKind.INSTANT, width=17), lambda row: row.record.finished_at),
        _Field(Column(heading=_m("按时"), width=6), lambda row: _yes_no(row.record.in_time)),
    ),
)
_COMPLAINTS = _List(
    "complaints",
    _m("投诉咨询"),
    (
        _Field(Column(heading=_m("编号"), width=20), lambda row: row.record.record_no),
        _Field(Column(heading=_m("类别"), width=8), lambda row: word(row.record.sheet)),
        _Field(Column(heading=_m("客户号")), lambda row: row.record.customer_no),
        _Field(Column(heading=_m("客户"), width=36), lambda row: row.customer_name),
        _Field(Column(heading=_m("等级"), width=8), lambda row: word(row.record.grade)),
        _Field(Column(heading=_m("机构"), width=8), lambda row: row.record.institution_code),
        _Field(Column(heading=_m("状态")), lambda row: word(row.case.stage)),
        _Field(Column(heading=_m("经办人")), lambda row: row.record.handler_name or ""),
        _Field(Column(heading=_m("登记时间"), kind=CellKind.INSTANT, width=17), lambda row: row.record.received_at),
        _Field(Column(heading=_m("最近期限"), kind=CellKind.INSTANT, width=17), lambda row: row.next_due_at),
        _Field(Column(heading=_m("首次答复"), kind=CellKind.INSTANT, width=17), lambda row: row.record.first_reply_at),
        _Field(Column(heading=_m("结案时间"), kind=CellKind.INSTANT, width=17), lambda row: row.record.closed_at),
        _Field(Column(heading=_m("是否成立"), width=8), lambda row: _yes_no(row.record.justified)),
    ),
)
_CARE = _List(
    "care",
    _m("关怀日历"),
    (
        _Field(Column(heading=_m("客户号")), lambda row: row[0].customer_no),
        _Field(Column(heading=_m("客户"), width=36), lambda row: row[1]),
        _Field(Column(heading=_m("项目"), width=8), lambda row: row[0].code),
        _Field(Column(heading=_m("内容"), width=20), lambda row: row[0].title),
        _Field(Column(heading=_m("机构"), width=8), lambda row: row[0].institution_code),
        _Field(Column(heading=_m("状态")), lambda row: word(row[0].stage)),
        _Field(Column(heading=_m("计划日"), kind=CellKind.DATE), lambda row: row[0].planned_on),
        _Field(Column(heading=_m("期限"), kind=CellKind.DATE), lambda row: row[0].due_on),
        _Field(Column(heading=_m("完成日"), kind=CellKind.DATE), lambda row: row[0].done_on),
        _Field(Column(heading=_m("执行人")), lambda row: row[0].done_by_name or ""),
        _Field(Column(heading=_m("费用（元）"), kind=CellKind.MONEY), lambda row: row[0].cost),
    ),
)


@router.post("/customers/export")
def export_customers(
    request: Request,
    database: DatabaseDep,
    caller: Annotated[Caller, require(Action.READ_CUSTOMERS)],
    *,
    q: Short = "",
    tier: Short = "",
    institution: Short = "",
) -> Response:
    """客户 as listed."""

    def rows(desk: Desk) -> Sequence[CustomerSummary]:
        under = part_of_tree(desk.session, institution, caller.scope(Action.READ_CUSTOMERS))
        wanted = CustomerFilter(q.strip() or None, tier_or_none(tier), under)
        return list_customers(desk.session, customers_of(caller), wanted, now=desk.now, after=None, limit=MOST_ROWS + 1)

    return _export(request, database, caller, _CUSTOMERS, rows)


@router.post("/green-channel/export")
def export_requests(
    request: Request,
    database: DatabaseDep,
    caller: Annotated[Caller, require(Action.READ_SERVICES)],
    query: GreenQueryDep,
) -> Response:
    """绿色通道 as listed."""

    def rows(desk: Desk) -> Sequence[GreenRow]:
        scope, moments = caller.scope(Action.READ_SERVICES), moments_at(desk.now)
        return GreenChannelStore(desk.session).page(scope, query.listed(desk), moments, after=None, limit=MOST_ROWS + 1)

    return _export(request, database, caller, _GREEN, rows)


@router.post("/complaints/export")
def export_complaints(
    request: Request,
    database: DatabaseDep,
    caller: Annotated[Caller, require(Action.READ_COMPLAINTS)],
    query: ComplaintQueryDep,
) -> Response:
    """投诉咨询 as listed; what people said stays where it is."""

    def rows(desk: Desk) -> Sequence[ComplaintRow]:
        return complaints_for(desk, query, Paging(MOST_ROWS))

    return _export(request, database, caller, _COMPLAINTS, rows)


@router.post("/care/export")
def export_touchpoints(
    request: Request,
    database: DatabaseDep,
    caller: Annotated[Caller, require(Action.READ_CARE)],
    query: CareQueryDep,
) -> Response:
    """关怀日历 as listed."""

    def rows(desk: Desk) -> Sequence[tuple[Touchpoint, str]]:
        found = touchpoints_for(desk, query, limit=MOST_ROWS + 1)
        names = names_of(desk.session, {row.customer_no for row in found})
        return [(row, names.get(row.customer_no, "")) for row in found]

    return _export(request, database, caller, _CARE, rows)


def _export(
    request: Request, database: Database, caller: Caller, kind: _List, rows: Callable[[Desk], Sequence[Any]]
) -> Response:
    """The workbook is set after the audit is written: nobody waits for it."""
    with database.write() as session:
        desk = desk_of(request, session, caller)
        found = rows(desk)
        _keep(desk, kind, request.url.query, min(len(found), MOST_ROWS))
        sheet = Sheet(
            title=_(kind.title),
            columns=tuple(replace(item.column, heading=_(item.column.heading)) for item in kind.fields),
            rows=[*_lines(kind, found[:MOST_ROWS]), *_rest(kind, len(found))],
            frozen=2,
        )
    return xlsx_answer([sheet], f"{kind.name}-{local_date(desk.now).isoformat()}.xlsx")


def _lines(kind: _List, rows: Sequence[Any]) -> list[list[Cell]]:
    return [[item.value(row) for item in kind.fields] for row in rows]


def _rest(kind: _List, found: int) -> list[list[Cell]]:
    """A last line that says so when there is more than a workbook holds."""
    if found <= MOST_ROWS:
        return []
    return [[_("只导出前 %(n)s 行，请缩小筛选范围。", n=MOST_ROWS), *([None] * (len(kind.fields) - 1))]]


def _keep(desk: Desk, kind: _List, query: str, rows: int) -> None:
    audit.append(
        desk.session,
        actor=str(desk.caller.account_id),
        action="list.exported",
        object_kind="list",
        object_id=kind.name,
        door=desk.caller.door,
        after={"rows": rows, "filtered": bool(query)},
        request_id=desk.caller.request_id,
        at=desk.now,
    )
