"""What happens to each row: loaded, changed, unchanged or refused with a reason."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.database import Database
from models.services.importing import Sender
from models.services.importing.kinds import LAYOUTS, BookKind
from models.services.importing.parsing import Row, settle_repeats
from models.stores.scope import Scope
from models.tables.audit import AuditEntry
from models.tables.book import Contact, Customer, Experience, Policy
from models.tables.evaluation import Evaluation
from models.tables.jobs import ImportChange
from models.tables.organisation import Account, Institution, Post
from models.tables.rulebook import RulebookVersion
from models.types import Role
from tests.importing.loading import (
    BOOK,
    CUSTOMERS,
    EXPERIENCE,
    INSTITUTIONS,
    POLICIES,
    counts,
    load,
    refusals,
    rows,
)

STAFF_HEADER = "login,name,institution_code,roles,email\n"
CONTACT_HEADER = "customer_no,name,kind,title,gender,birthday,birthday_calendar,mobile,email,consent\n"


@pytest.fixture
def book(database: Database) -> Database:
    """A database with the small book in it."""
    assert not load(database, dict(BOOK)).rejections
    return database


def test_the_order_of_the_files_does_not_matter(database: Database) -> None:
    found = load(database, dict(reversed(BOOK.items())))
    assert not found.rejections
    assert rows(database, Experience)[0].premium_received == Decimal("1000.50")


@pytest.mark.parametrize(
    ("old", "new", "place", "reason"),
    [
        ("P1,2025", "P9,2025", (2, "policy_no"), "保单号 P9 不存在"),
        ("1000,300", "1000,-300", (2, "incurred_claims"), "已发生赔款：金额不能为负"),
        ("2025,2000,", "2025,二千,", (3, "premium_received"), "实收保费：不是数字"),
        ("P2,2025", "P2,25", (3, "year"), "年度：应在 1900 到 2199 之间"),
        ("P2,2025", ",2025", (3, "policy_no"), "保单号：缺少内容"),
        ("2000,0", "2000,0,7", (3, ""), "有 6 列，表头只有 5 列"),
        ("2000,2000,0", "2000", (3, "earned_premium"), "已赚保费：缺少内容；已发生赔款：缺少内容"),
    ],
)
def test_a_bad_row_is_refused_and_the_other_loads(
    database: Database, old: str, new: str, place: tuple[int, str], reason: str
) -> None:
    found = load(database, {**BOOK, "experience.csv": EXPERIENCE.replace(old, new)})
    assert len(rows(database, Experience)) == 1
    (file, line, column, why) = refusals(found)[0]
    assert (len(found.rejections), file, line, column) == (1, "experience.csv", *place)
    assert why.startswith(reason)


@pytest.mark.parametrize(
    ("old", "new", "column", "reason"),
    [
        ("2025-12-31,in_force\nP2", "2024-12-31,in_force\nP2", "expires_on", "满期日早于生效日"),
        ("2025-12-31,in_force\nP2", "2025-02-30,in_force\nP2", "expires_on", "满期日：日期不存在"),
        ("P1,C1,A", "P1,C1,G", "product_class", "险类：应为"),
        ("D,regular,5", "D,regular,", "pay_term_years", "缺少交费年期"),
        ("in_force\nP2", "cancelled\nP2", "status", "状态：应为"),
    ],
)
def test_policy_rules(database: Database, old: str, new: str, column: str, reason: str) -> None:
    found = load(database, {**BOOK, "policies.csv": POLICIES.replace(old, new)})
    (_, _, where, why) = refusals(found)[0]
    assert where == column
    assert why.startswith(reason)


def test_a_refused_customer_takes_its_policies_and_their_experience_along(database: Database) -> None:
    found = load(database, {**BOOK, "customers.csv": CUSTOMERS.replace("C1,甲公司,BJ01", "C1,甲公司,XX01")})
    assert [(file, line, column) for file, line, column, _ in refusals(found)] == [
        ("customers.csv", 2, "institution_code"),
        ("policies.csv", 2, "customer_no"),
        ("experience.csv", 2, "policy_no"),
    ]


def test_the_same_key_with_other_content_refuses_both(database: Database) -> None:
    twice = CUSTOMERS + "C1,甲公司,BJ01,制造业,101,90\n"
    found = load(database, {**BOOK, "customers.csv": twice, "policies.csv": POLICIES.splitlines()[0] + "\n"})
    assert [customer.customer_no for customer in rows(database, Customer)] == ["C2"]
    assert [(line, why) for file, line, _, why in refusals(found) if file == "customers.csv"] == [
        (2, "与第 4 行主键相同但内容不同，均不载入"),
        (4, "与第 2 行主键相同但内容不同，均不载入"),
    ]


def test_conflicts_are_found_between_files_of_one_load(database: Database) -> None:
    found = load(database, {**BOOK, "more 客户.csv": CUSTOMERS.replace("100,90", "100,91")})
    assert [(file, line) for file, line, _, why in refusals(found) if "主键相同" in why] == [
        ("customers.csv", 2),
        ("more 客户.csv", 2),
    ]


def test_identical_repeats_are_harmless(database: Database) -> None:
    found = load(database, {**BOOK, "customers.csv": CUSTOMERS + CUSTOMERS.splitlines()[1] + "\n"})
    assert counts(found)["customers.csv"] == (2, 0, 1, 0)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 1), st.booleans()), max_size=12))
def test_a_key_loads_once_or_not_at_all(told: list[tuple[str, int, bool]]) -> None:
    found = [Row(line, (key,), (key, content)) for line, (key, content, _) in enumerate(told, 2)]
    for row, (_, _, bad) in zip(found, told, strict=True):
        if bad:
            row.refuse("x", "bad")
    settle_repeats(LAYOUTS[BookKind.CUSTOMERS], [("f", found)])
    for key in "abc":
        same = [row for row in found if row.key == (key,)]
        agree = len({row.values for row in same}) == 1 and not any(bad for k, _, bad in told if k == key)
        assert len([row for row in same if not row.reason and not row.repeat]) == (1 if agree else 0)


def test_loading_again_changes_nothing_and_says_so(book: Database) -> None:
    before = len(rows(book, AuditEntry))
    found = load(book, dict(BOOK))
    assert found.nothing_new
    assert counts(found) == {
        "institutions.csv": (0, 0, 4, 0),
        "customers.csv": (0, 0, 2, 0),
        "policies.csv": (0, 0, 2, 0),
        "experience.csv": (0, 0, 2, 0),
    }
    assert len(rows(book, AuditEntry)) == before


def test_a_stored_key_with_other_content_is_an_update_with_old_and_new_in_the_audit(book: Database) -> None:
    found = load(book, {"experience.csv": EXPERIENCE.replace("1000.50", "900.00")})
    assert counts(found)["experience.csv"] == (0, 1, 1, 0)
    change = rows(book, ImportChange)[0]
    assert (change.line, change.key, change.columns) == (2, "P1/2025", "premium_received")
    entry = next(e for e in rows(book, AuditEntry) if e.action == "import.experience.changed")
    assert (entry.before, entry.after) == ({"premium_received": "1000.50"}, {"premium_received": "900.00"})
    assert entry.request_id == str(found.job.id)


def test_an_optional_column_left_out_keeps_what_is_stored(book: Database) -> None:
    flagged = CUSTOMERS.splitlines()[0] + ",标记,逾期天数\nC1,甲公司,BJ01,制造业,100,90,AML;fraud,61\n"
    load(book, {"customers.csv": flagged})
    assert counts(load(book, {"customers.csv": CUSTOMERS}))["customers.csv"] == (0, 0, 2, 0)
    customer = next(c for c in rows(book, Customer) if c.customer_no == "C1")
    assert (customer.flags, customer.overdue_days) == ("aml;fraud", 61)


def test_experience_of_a_frozen_year_is_a_late_correction(book: Database) -> None:
    now = datetime.now(UTC)
    with book.write() as session:
        version = RulebookVersion(
            code="t", version=1, effective_on=date(2020, 1, 1), content="", digest="", created_at=now, created_by="t"
        )
        session.add(version)
        session.flush()
        session.add(Evaluation(year=2025, rulebook_version_id=version.id, formula="A", computed_at=now, frozen_at=now))
    load(book, {"experience.csv": EXPERIENCE.replace("1000.50", "900.00") + "P1,2024,1,1,1\n"})
    late = {(row.policy_no, row.year): row.late_correction_at is not None for row in rows(book, Experience)}
    assert late == {("P1", 2025): True, ("P2", 2025): False, ("P1", 2024): False}
    assert [e.action for e in rows(book, AuditEntry) if "late" in e.action] == ["import.experience.late_correction"]


def test_institutions_load_in_any_order_with_their_path(database: Database) -> None:
    head, *body = INSTITUTIONS.splitlines()
    load(database, {"institutions.csv": "\n".join([head, *reversed(body)])})
    assert {i.code: i.path for i in rows(database, Institution)} == {
        "HQ": "/HQ/",
        "BJ": "/HQ/BJ/",
        "BJ01": "/HQ/BJ/BJ01/",
        "GS": "/HQ/GS/",
    }


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        ("SX01,陕西,sub_branch,HQ,1,西安", "level", "与上级机构 HQ 的级别不相接"),
        ("SX,陕西,branch,,1,西安", "parent_code", "缺少上级机构"),
        ("SX,陕西,branch,NO,1,西安", "parent_code", "上级机构 NO 不存在"),
        ("SX,陕西,branch,HQ,4,西安", "region_class", "地区类别：应在 1 到 3 之间"),
        ("HQ2,二总部,hq,HQ,1,西安", "parent_code", "总公司没有上级机构"),
    ],
)
def test_an_institution_must_fit_its_parent(database: Database, line: str, column: str, reason: str) -> None:
    assert refusals(load(database, {"institutions.csv": INSTITUTIONS + line + "\n"})) == [
        ("institutions.csv", 6, column, reason)
    ]


def test_a_moved_institution_takes_its_children_along(book: Database) -> None:
    header = INSTITUTIONS.splitlines()[0] + "\n"
    load(book, {"institutions.csv": header + "HQ2,新总部,hq,,1,上海\nBJ,北京分公司,branch,HQ2,1,北京\n"})
    paths = {i.code: i.path for i in rows(book, Institution)}
    assert (paths["BJ"], paths["BJ01"], paths["GS"]) == ("/HQ2/BJ/", "/HQ2/BJ/BJ01/", "/HQ/GS/")


def test_staff_get_accounts_without_password_and_posts(book: Database) -> None:
    load(book, {"staff.csv": STAFF_HEADER + "bj-a,张一,BJ,BR_SVC;柜面服务岗,a@example.com\n"})
    account = rows(book, Account)[0]
    assert (account.password_hash, account.email) == (None, "a@example.com")
    assert {(post.role, post.institution_code) for post in rows(book, Post)} == {
        (Role.BR_SVC, "BJ"),
        (Role.BR_CTR, "BJ"),
    }
    changed = load(book, {"staff.csv": STAFF_HEADER + "bj-a,张一,BJ01,MGR,\n"})
    assert counts(changed)["staff.csv"] == (0, 1, 0, 0)
    assert [(post.role, post.institution_code) for post in rows(book, Post)] == [(Role.MGR, "BJ01")]
    entry = next(e for e in rows(book, AuditEntry) if e.action == "import.staff.changed")
    assert "a@example.com" not in str(entry.before)
    assert (entry.after or {})["roles"] == ["MGR"]


def test_staff_missing_from_a_file_stay(book: Database) -> None:
    load(book, {"staff.csv": STAFF_HEADER + "bj-a,张一,BJ,BR_SVC,\n"})
    load(book, {"staff.csv": STAFF_HEADER + "bj-b,李二,BJ,BR_CTR,\n"})
    assert [account.disabled_at for account in rows(book, Account)] == [None, None]


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        ("a-a,张一,HQ,SYS_ADMIN;AUDIT_ADMIN,", "roles", "系统、安全、审计管理岗必须由不同的人担任"),
        ("a-a,张一,BJ,HQ_LEAD,", "roles", "机构 BJ 这一级没有岗位 HQ_LEAD"),
        ("a-a,张一,BJ,BOSS,", "roles", "岗位：应为"),
        ("a-a,张一,NO,MGR,", "institution_code", "机构代码 NO 不存在"),
        ("a a,张一,BJ,MGR,", "login", "登录名：应为"),
    ],
)
def test_staff_rules(book: Database, line: str, column: str, reason: str) -> None:
    (_, at, where, why) = refusals(load(book, {"staff.csv": STAFF_HEADER + line + "\n"}))[0]
    assert (at, where) == (2, column)
    assert why.startswith(reason)
    assert not rows(book, Account)


def test_contacts_are_encrypted_and_found_again_by_name(book: Database) -> None:
    line = "C1,张一,leader,董事长（虚构）,男,1964-12-30,农历,199-0000-0001,a@example.com,是\n"
    load(book, {"contacts.csv": CONTACT_HEADER + line})
    changed = load(book, {"contacts.csv": CONTACT_HEADER + line.replace("0001", "0002").replace("是", "否")})
    assert counts(changed)["contacts.csv"] == (0, 1, 0, 0)
    contact = rows(book, Contact)[0]
    assert (contact.name, contact.birthday, contact.mobile, contact.consent) == (
        "张一",
        "1964-12-30",
        "199-0000-0002",
        False,
    )
    told = "".join(str((e.before, e.after, e.object_id)) for e in rows(book, AuditEntry))
    told += "".join(str((c.key, c.columns)) for c in rows(book, ImportChange))
    assert "199-0000" not in told
    assert "张一" not in told


def test_a_branch_loads_only_its_own(book: Database) -> None:
    sender = Sender(account_id=None, institution_code="GS", scope=Scope(("/HQ/GS/",)), manages_people=False)
    theirs = CUSTOMERS.replace("100,90", "100,91").replace("20,20", "20,19")
    found = load(book, {"customers.csv": theirs, "policies.csv": POLICIES, "experience.csv": EXPERIENCE}, sender)
    assert counts(found) == {
        "customers.csv": (0, 1, 0, 1),
        "policies.csv": (0, 0, 1, 1),
        "experience.csv": (0, 0, 1, 1),
    }
    taken = load(book, {"customers.csv": CUSTOMERS.replace("C1,甲公司,BJ01", "C1,甲公司,GS")}, sender)
    assert refusals(taken)[0][:3] == ("customers.csv", 2, "institution_code")


def test_who_does_not_manage_people_cannot_make_posts(book: Database) -> None:
    sender = Sender(manages_people=False, scope=Scope(("/HQ/BJ/",)))
    found = load(
        book,
        {
            "staff.csv": STAFF_HEADER + "me-x,张一,BJ,BR_LEAD,\n",
            "institutions.csv": INSTITUTIONS.replace("BJ,北京分公司,branch,HQ,1", "BJ,北京分公司,branch,HQ,3"),
        },
        sender,
    )
    assert {(file, why) for file, _, _, why in refusals(found)} == {
        ("staff.csv", "人员和岗位由安全管理岗维护"),
        ("institutions.csv", "机构由总公司维护"),
    }


def test_nobody_changes_their_own_posts(book: Database) -> None:
    load(book, {"staff.csv": STAFF_HEADER + "me-x,张一,HQ,SEC_ADMIN,\n"})
    sender = Sender(account_id=rows(book, Account)[0].id)
    found = load(book, {"staff.csv": STAFF_HEADER + "me-x,张一,HQ,HQ_LEAD,\n"}, sender)
    assert refusals(found)[0][2:] == ("login", "不能修改自己的岗位和资料")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.sampled_from(["", "C1", "１", "-1", "x" * 400, "2025-02-30", '"', "é\u0300", "0x1F"]), max_size=9))
def test_no_cell_can_break_a_load(database: Database, cells: list[str]) -> None:
    line = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    name = f"{uuid4()} policies.csv"
    found = load(database, {name: f"{POLICIES.splitlines()[0]}\n{line}\n"})
    assert counts(found)[name][0] == 0
    assert not rows(database, Policy)
