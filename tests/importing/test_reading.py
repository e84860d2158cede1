"""Encodings, languages, workbooks, and telling the kinds apart."""

from datetime import date

import pytest

from models.database import Database
from models.errors import DomainError
from models.services.importing.reading import Part, read_sheet, split
from models.tables.book import Customer, Policy
from tests.importing.loading import BOOK, CUSTOMERS, INSTITUTIONS, LIMIT, counts, load, refusals, rows
from tests.importing.workbooks import workbook

CHINESE_CUSTOMERS = "客户号,客户名称,机构代码,行业,员工人数,参保人数\nC1,𠀀甲公司,BJ01,制造业,100,90\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_three_encodings_read_the_same(database: Database, encoding: str) -> None:
    load(database, {"institutions.csv": INSTITUTIONS, "a.csv": CHINESE_CUSTOMERS.encode(encoding)})
    assert [customer.name for customer in rows(database, Customer)] == ["𠀀甲公司"]


def test_a_workbook_in_chinese(database: Database) -> None:
    institutions = [line.split(",") for line in INSTITUTIONS.splitlines()]
    customers: list[list[object]] = [
        ["客户号", "客户名称", "机构代码", "行业", "员工人数", "参保人数"],
        [],
        ["C1", "甲公司", "BJ01", "制造业", 100, 90.0],
        ["C2", "乙公司", "XX", "制造业", 100, 90],
    ]
    policies: list[list[object]] = [
        ["保单号", "客户号", "险类", "交费方式", "交费年期", "生效日", "满期日", "状态", "终止日"],
        ["P1", "C1", "d", "期交", 5, date(2025, 1, 1), date(2025, 12, 31), "退保", date(2025, 6, 30)],
    ]
    data = workbook({"保单": policies, "客户": customers, "机构": institutions, "Sheet4": []})
    found = load(database, {"book.xlsx": data})
    assert counts(found) == {
        "book.xlsx/机构": (4, 0, 0, 0),
        "book.xlsx/客户": (1, 0, 0, 1),
        "book.xlsx/保单": (1, 0, 0, 0),
    }
    assert refusals(found)[0][:3] == ("book.xlsx/客户", 4, "institution_code")
    policy = rows(database, Policy)[0]
    assert (str(policy.effective_on), str(policy.ended_on), policy.pay_term_years) == ("2025-01-01", "2025-06-30", 5)


def test_the_header_tells_the_kind_whatever_the_name(database: Database) -> None:
    load(database, {"x.csv": BOOK["customers.csv"], "y.csv": BOOK["institutions.csv"]})
    assert len(rows(database, Customer)) == 2


@pytest.mark.parametrize(
    ("name", "header", "reason"),
    [
        ("customers.csv", "customer_no,name,institution_code,industry,employees", "缺少列 insured_lives 参保人数"),
        ("客户.csv", CUSTOMERS.splitlines()[0] + ",colour", "多余的列 colour"),
        ("a.csv", "保单号,年度,实收保费,已赚保费", "缺少列 incurred_claims 已发生赔款"),
        ("customers.csv", CUSTOMERS.splitlines()[0] + ",name", "重复的列 name"),
        ("customers.csv", CUSTOMERS.splitlines()[0].replace("name", "", 1), "缺少列 name 客户名称；多余的列 （空）"),
        ("a.csv", "foo,bar", "认不出"),
    ],
)
def test_a_header_that_fits_nothing_is_refused_by_name(name: str, header: str, reason: str) -> None:
    with pytest.raises(DomainError) as refused:
        read_sheet(split(name, f"{header}\n1,2\n".encode(), LIMIT)[0])
    assert refused.value.context["reason"] == f"{name}：{reason}" or reason == "认不出"
    assert reason in refused.value.context["reason"]


def test_lines_are_counted_as_a_person_sees_them() -> None:
    text = (
        'policy_no,year,premium_received,earned_premium,incurred_claims\r\n\r\n"P\n1",2025,1,1,1\r\nP2,2025,1,1,1\r\n'
    )
    sheet = read_sheet(Part("experience.csv", text.encode()))
    assert [line for line, _ in sheet.rows] == [3, 5]
