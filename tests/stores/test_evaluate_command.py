"""`greenlane evaluate` and `greenlane calendar load` as an operator types them, on books nobody tidied."""

import csv
import random
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from tests.plugins.postgres import SECRET
from tests.rules.oracle import reckon

HOLIDAY_CN = Path(__file__).parents[1] / "data" / "holiday-cn"
TREE = [
    ("HQ", "总公司", "hq", "", 1),
    ("BJ", "北京分公司", "branch", "HQ", 1),
    ("BJ01", "北京一支", "sub_branch", "BJ", 2),
    ("GS", "甘肃分公司", "branch", "HQ", 3),
]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of its own."""
    monkeypatch.setenv("GREENLANE_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("GREENLANE_SECRET_KEY", SECRET)
    monkeypatch.delenv("GREENLANE_DATABASE_URL", raising=False)
    return tmp_path


def greenlane(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.output


def write(folder: Path, name: str, header: str, rows: Sequence[tuple[object, ...]]) -> None:
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header.split(","), *rows])


def untidy_book(folder: Path, seed: int) -> None:
    """Sixty customers with breaks, odd terms, early ends, cents and class mixes; three BR_SVC posts in two branches."""
    dice = random.Random(seed)
    write(folder, "institutions", "code,name,level,parent_code,region_class,city", [(*row, "某市") for row in TREE])
    posts = [("svc-a", "BJ"), ("svc-b", "BJ"), ("svc-c", "GS")]
    staff = [(login, login, code, "BR_SVC", f"{login}@example.com") for login, code in posts]
    write(folder, "staff", "login,name,institution_code,roles,email", staff)
    customers, policies, experience = [], [], []
    for n in range(60):
        number = f"C{n:03}"
        customers.append((number, f"客户, {n}", dice.choice(["BJ", "BJ01", "GS", "HQ"]), "制造业", 10, 10))
        for k in range(dice.randint(0, 5)):
            start = date(2022, 1, 1) + timedelta(days=dice.randint(0, 1400))
            end = start + timedelta(days=dice.choice([30, 364, 1500]))
            status = dice.choice(["in_force", "in_force", "expired", "surrendered"])
            ended = dice.choice(["", "", str(start + timedelta(days=dice.randint(0, 800)))])
            kind = dice.choice("ABCDEF")
            policies.append((f"{number}-{k}", number, kind, "regular", dice.randint(1, 9), start, end, status, ended))
            for year in range(start.year, 2026):
                amounts = (dice.choice([0, dice.randint(1, 10**8)]) / 100 for _ in range(3))
                if dice.random() < 0.8:
                    experience.append((f"{number}-{k}", year, *(f"{amount:.2f}" for amount in amounts)))
    write(folder, "customers", "customer_no,name,institution_code,industry,employees,insured_lives", customers)
    header = "policy_no,customer_no,product_class,pay_mode,pay_term_years,effective_on,expires_on,status,ended_on"
    write(folder, "policies", header, policies)
    write(folder, "experience", "policy_no,year,premium_received,earned_premium,incurred_claims", experience)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_untidy_book_is_reckoned_as_the_definitions_say(home: Path, seed: int) -> None:
    book, output = home / "book", home / "f.csv"
    book.mkdir()
    untidy_book(book, seed)
    greenlane("import", book)
    greenlane("evaluate", 2025, "--output", output)
    assert output.read_bytes().decode() == reckon(book, 2025)
    first = output.read_bytes()
    greenlane("evaluate", 2025, "--output", output)
    assert output.read_bytes() == first


def test_an_empty_database_gives_the_header_alone(home: Path) -> None:
    greenlane("evaluate", 2025, "--output", home / "f.csv")
    assert (home / "f.csv").read_text().count("\n") == 1


def test_a_calendar_file_says_what_state_its_year_has_now(home: Path) -> None:
    said = greenlane("calendar", "load", HOLIDAY_CN / "2026.json", HOLIDAY_CN / "2027.json")
    assert "2026 official" in said
    assert "2027 provisional, 0 days" in said


def test_a_broken_calendar_file_is_refused_with_its_reason(home: Path) -> None:
    (home / "broken.csv").write_text("date,is_workday,name,source\n2027-02-30,false,春节,x\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["calendar", "load", str(home / "broken.csv")])
    assert result.exit_code == 1
    assert "2027-02-30" in result.output
