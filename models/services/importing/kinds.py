"""What each book file holds: its columns in both languages, how a cell is read, what makes a row's key.

The columns are those of the contract; the values of a parsed row stand in the order of `columns`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from models.services.importing import cells
from models.services.importing.cells import CellError
from models.types import (
    BirthdayCalendar,
    ContactKind,
    CustomerFlag,
    InstitutionLevel,
    PayMode,
    PolicyStatus,
    ProductClass,
    Role,
)

Values = tuple[Any, ...]
RowCheck = Callable[[dict[str, Any]], dict[str, Any] | None]


class BookKind(StrEnum):
    """Kinds of book file, in the order in which they are loaded."""

    INSTITUTIONS = "institutions"
    STAFF = "staff"
    CUSTOMERS = "customers"
    CONTACTS = "contacts"
    POLICIES = "policies"
    EXPERIENCE = "experience"


class RowError(ValueError):
    """Why a row cannot be loaded although each cell can be read, and the column to look at."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column


@dataclass(frozen=True)
class Column:
    """A column: its headers and reader; `optional` may be left out, `blank` may be empty and is `default` then."""

    name: str
    zh: str
    read: cells.Reader
    optional: bool = False
    blank: bool = False
    default: Any = None
    personal: bool = False


@dataclass(frozen=True)
class Layout:
    """The columns of one kind; `check` looks at a whole row and gives values to replace."""

    kind: BookKind
    zh: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    check: RowCheck | None = None

    @cached_property
    def names(self) -> tuple[str, ...]:
        """English names in order."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def headers(self) -> dict[str, Column]:
        """Every accepted header, in lower case."""
        return {header.casefold(): column for column in self.columns for header in (column.name, column.zh)}


def _check_policy(row: dict[str, Any]) -> None:
    if row["expires_on"] < row["effective_on"]:
        raise RowError("expires_on", "满期日早于生效日")
    if row["ended_on"] is not None and row["ended_on"] < row["effective_on"]:
        raise RowError("ended_on", "终止日早于生效日")
    if row["product_class"] in {ProductClass.C, ProductClass.D} and not row["pay_term_years"]:
        raise RowError("pay_term_years", "缺少交费年期（C、D 类必填）")


def _check_contact(row: dict[str, Any]) -> dict[str, Any] | None:
    if row["birthday"] is not None:
        try:
            return {"birthday": cells.birthday_text(row["birthday"], row["birthday_calendar"])}
        except CellError as error:
            raise RowError("birthday", str(error)) from None
    return None


def _check_institution(row: dict[str, Any]) -> None:
    is_root = row["level"] is InstitutionLevel.HQ
    if is_root and row["parent_code"] is not None:
        raise RowError("parent_code", "总公司没有上级机构")
    if not is_root and row["parent_code"] is None:
        raise RowError("parent_code", "缺少上级机构")


def _check_staff(row: dict[str, Any]) -> None:
    if not row["roles"]:
        raise RowError("roles", "缺少岗位")


_LEVELS = {
    "hq": InstitutionLevel.HQ,
    "总公司": InstitutionLevel.HQ,
    "branch": InstitutionLevel.BRANCH,
    "二级机构": InstitutionLevel.BRANCH,
    "分公司": InstitutionLevel.BRANCH,
    "sub_branch": InstitutionLevel.SUB_BRANCH,
    "三级机构": InstitutionLevel.SUB_BRANCH,
    "支公司": InstitutionLevel.SUB_BRANCH,
}
_ROLES = {
    **{role.value: role for role in Role},
    "总公司VIP服务管理岗": Role.HQ_VIP,
    "总公司团险分管领导": Role.HQ_LEAD,
    "分公司团险负责人": Role.BR_LEAD,
    "分公司VIP服务岗": Role.BR_SVC,
    "柜面服务岗": Role.BR_CTR,
    "客户经理": Role.MGR,
    "三级机构负责人": Role.UNIT_LEAD,
    "审计岗": Role.AUDIT,
    "运营监控岗": Role.OPS,
    "系统管理岗": Role.SYS_ADMIN,
    "安全管理岗": Role.SEC_ADMIN,
    "审计管理岗": Role.AUDIT_ADMIN,
}
_FLAGS = {"fraud": CustomerFlag.FRAUD, "欺诈": CustomerFlag.FRAUD, "aml": CustomerFlag.AML, "反洗钱": CustomerFlag.AML}
_CONTACT_KINDS = {
    "leader": ContactKind.LEADER,
    "第一服务对象": ContactKind.LEADER,
    "handler": ContactKind.HANDLER,
    "第二服务对象": ContactKind.HANDLER,
}


class Gender(StrEnum):
    """性别 of a contact."""

    MALE = "male"
    FEMALE = "female"


_GENDERS = {
    "male": Gender.MALE,
    "男": Gender.MALE,
    "m": Gender.MALE,
    "female": Gender.FEMALE,
    "女": Gender.FEMALE,
    "f": Gender.FEMALE,
}
_CALENDARS = {
    "solar": BirthdayCalendar.SOLAR,
    "公历": BirthdayCalendar.SOLAR,
    "lunar": BirthdayCalendar.LUNAR,
    "农历": BirthdayCalendar.LUNAR,
}
_PAY_MODES = {
    "single": PayMode.SINGLE,
    "趸交": PayMode.SINGLE,
    "regular": PayMode.REGULAR,
    "期交": PayMode.REGULAR,
}
_STATUSES = {
    "in_force": PolicyStatus.IN_FORCE,
    "有效": PolicyStatus.IN_FORCE,
    "expired": PolicyStatus.EXPIRED,
    "满期": PolicyStatus.EXPIRED,
    "lapsed": PolicyStatus.LAPSED,
    "失效": PolicyStatus.LAPSED,
    "surrendered": PolicyStatus.SURRENDERED,
    "退保": PolicyStatus.SURRENDERED,
}


def _flags(cell: str) -> str:
    return ";".join(cells.many_of(_FLAGS)(cell))


LAYOUTS: dict[BookKind, Layout] = {
    layout.kind: layout
    for layout in (
        Layout(
            BookKind.INSTITUTIONS,
            "机构",
            (
                Column("code", "机构代码", cells.code(32)),
                Column("name", "机构名称", cells.text(100)),
                Column("level", "级别", cells.one_of(_LEVELS)),
                Column("parent_code", "上级机构", cells.code(32), blank=True),
                Column("region_class", "地区类别", cells.region_class),
                Column("city", "城市", cells.text(50)),
            ),
            ("code",),
            _check_institution,
        ),
        Layout(
            BookKind.STAFF,
            "人员",
            (
                Column("login", "登录名", cells.login),
                Column("name", "姓名", cells.text(100)),
                Column("institution_code", "机构代码", cells.code(32)),
                Column("roles", "岗位", cells.many_of(_ROLES)),
                Column("email", "邮箱", cells.email, blank=True, personal=True),
            ),
            ("login",),
            _check_staff,
        ),
        Layout(
            BookKind.CUSTOMERS,
            "客户",
            (
                Column("customer_no", "客户号", cells.code(32)),
                Column("name", "客户名称", cells.text(200)),
                Column("institution_code", "机构代码", cells.code(32)),
                Column("industry", "行业", cells.text(100)),
                Column("employees", "员工人数", cells.integer),
                Column("insured_lives", "参保人数", cells.integer),
                Column("uscc", "统一社会信用代码", cells.uscc, optional=True, blank=True),
                Column("flags", "标记", _flags, optional=True, blank=True, default=""),
                Column("overdue_days", "逾期天数", cells.integer, optional=True, blank=True, default=0),
            ),
            ("customer_no",),
        ),
        Layout(
            BookKind.CONTACTS,
            "联系人",
            (
                Column("customer_no", "客户号", cells.code(32)),
                Column("name", "姓名", cells.text(100), personal=True),
                Column("kind", "类别", cells.one_of(_CONTACT_KINDS)),
                Column("title", "职务", cells.text(100), blank=True, default=""),
                Column("gender", "性别", cells.one_of(_GENDERS), blank=True, default=""),
                Column("birthday", "生日", cells.birthday, blank=True, personal=True),
                Column(
                    "birthday_calendar",
                    "历法",
                    cells.one_of(_CALENDARS),
                    blank=True,
                    default=BirthdayCalendar.SOLAR,
                ),
                Column("mobile", "手机", cells.mobile, blank=True, personal=True),
                Column("email", "邮箱", cells.email, blank=True, personal=True),
                Column("consent", "同意", cells.yes_no, blank=True, default=False),
            ),
            ("customer_no", "kind", "name"),
            _check_contact,
        ),
        Layout(
            BookKind.POLICIES,
            "保单",
            (
                Column("policy_no", "保单号", cells.code(64)),
                Column("customer_no", "客户号", cells.code(32)),
                Column("product_class", "险类", cells.one_of({item.value: item for item in ProductClass})),
                Column("pay_mode", "交费方式", cells.one_of(_PAY_MODES)),
                Column("pay_term_years", "交费年期", cells.integer, blank=True, default=0),
                Column("effective_on", "生效日", cells.day),
                Column("expires_on", "满期日", cells.day),
                Column("status", "状态", cells.one_of(_STATUSES)),
                Column("ended_on", "终止日", cells.day, optional=True, blank=True),
            ),
            ("policy_no",),
            _check_policy,
        ),
        Layout(
            BookKind.EXPERIENCE,
            "经验数据",
            (
                Column("policy_no", "保单号", cells.code(64)),
                Column("year", "年度", cells.year),
                Column("premium_received", "实收保费", cells.amount),
                Column("earned_premium", "已赚保费", cells.amount),
                Column("incurred_claims", "已发生赔款", cells.amount),
            ),
            ("policy_no", "year"),
        ),
    )
}
"""Every kind of book file, in loading order."""
