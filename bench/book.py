"""Import against bare `csv` + `executemany` of the same rows, and the ranking against one SQL query."""

import csv
import sqlite3
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import text

from bench.copy import SECRET, YEAR, insert_dicts
from bench.report import Ratio
from models.database import Database
from models.encryption import Keyring
from models.rulebook import load_builtin
from models.services.demo import SAMPLE_BOOK
from models.services.evaluation import reckon
from models.services.importing import Sender, Upload, create_job, receive, run_import
from models.services.jobs import claim
from models.services.rulebooks import ensure_builtin
from models.tables.book import Customer, Experience, Policy
from models.tables.organisation import Institution
from models.types import InstitutionLevel, PayMode, PolicyStatus, ProductClass

ROUNDS = 3
CUSTOMERS = 100_000
LIMIT_BYTES = 50 * 1024 * 1024
FILES = ("institutions.csv", "staff.csv", "customers.csv", "policies.csv", "experience.csv")
IMPORT_GOAL, RANKING_GOAL = 4.0, 5.0

# What a ranking needs of the book, in SQL's own (inexact) numbers: the premium of the year on policies in force times
# K1, consecutive years times K2, loss ratio and covered days of three years times K3, and the order with its ties.
ONE_QUERY = text(
    """
    WITH premium AS (
      SELECT p.customer_no, MIN(p.effective_on) AS first_on, SUM(CASE
          WHEN e.year = 2025 AND p.effective_on <= '2025-12-31' AND p.expires_on >= '2025-12-31'
               AND p.status NOT IN ('lapsed', 'surrendered')
          THEN e.premium_received * CASE p.product_class WHEN 'A' THEN 1 WHEN 'B' THEN 0.8 WHEN 'C' THEN 1
               WHEN 'D' THEN MAX(0.1, p.pay_term_years / 10.0) WHEN 'E' THEN 0.1 ELSE 0.08 END ELSE 0 END) AS standard
      FROM policy p JOIN experience e ON e.policy_no = p.policy_no GROUP BY p.customer_no
    ), paid AS (
      SELECT DISTINCT p.customer_no, e.year FROM policy p JOIN experience e ON e.policy_no = p.policy_no
      WHERE e.premium_received > 0 AND e.year <= 2025
    ), island AS (
      SELECT customer_no, year, year + ROW_NUMBER() OVER (PARTITION BY customer_no ORDER BY year DESC) AS grp FROM paid
    ), loyal AS (
      SELECT customer_no, COUNT(*) AS years FROM island WHERE grp = 2026 GROUP BY customer_no
    ), profit AS (
      SELECT p.customer_no, SUM(e.earned_premium) AS earned, SUM(e.incurred_claims) AS incurred,
             SUM(CASE WHEN e.premium_received > 0 THEN julianday(MIN(p.expires_on, e.year || '-12-31'))
                 - julianday(MAX(p.effective_on, e.year || '-01-01')) + 1 ELSE 0 END) AS days
      FROM policy p JOIN experience e ON e.policy_no = p.policy_no WHERE e.year BETWEEN 2023 AND 2025
      GROUP BY p.customer_no
    )
    SELECT c.customer_no, premium.standard, loyal.years, ROUND(premium.standard
             * CASE MIN(COALESCE(loyal.years, 0), 5) WHEN 5 THEN 1.2 WHEN 4 THEN 1.15 WHEN 3 THEN 1.1
                    WHEN 2 THEN 1.05 ELSE 1 END
             * CASE WHEN profit.days < 365 OR profit.earned <= 0 THEN 1 WHEN incurred / earned < 0.4 THEN 1.2
                    WHEN incurred / earned < 0.6 THEN 1.1 WHEN incurred / earned < 0.75 THEN 1
                    WHEN incurred / earned < 0.9 THEN 0.85 WHEN incurred / earned <= 1 THEN 0.7 ELSE 0.5 END) AS value
    FROM customer c JOIN premium USING (customer_no) LEFT JOIN loyal USING (customer_no)
    LEFT JOIN profit USING (customer_no)
    ORDER BY value DESC, standard DESC, years DESC, first_on, c.customer_no
    """
)


def measure() -> list[Ratio]:
    """Both ratios, interleaved."""
    return [_import_ratio(), _ranking_ratio()]


def _import_ratio() -> Ratio:
    rounds: list[float] = []
    last: dict[str, object] = {}
    for _ in range(ROUNDS):
        bare, ours = _timed(_bare_import), _timed(_our_import)
        rounds.append(ours / bare)
        last = {"bare s": f"{bare:.2f}", "import s": f"{ours:.2f}"}
    return Ratio("import of the book / bare csv + executemany", IMPORT_GOAL, at_least=False, rounds=rounds, detail=last)


def _timed(work: Callable[[Path], float]) -> float:
    with TemporaryDirectory(prefix="greenlane-bench-") as folder:
        return work(Path(folder))


def _bare_import(folder: Path) -> float:
    """The same rows into the same tables with keys, indexes and durability, nothing checked."""
    _records(folder).dispose()
    connection = sqlite3.connect(folder / "records.db")
    connection.execute("PRAGMA synchronous=FULL")
    began = time.perf_counter()
    for name in ("customers", "policies", "experience"):
        with (SAMPLE_BOOK / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            header, *rows = csv.reader(file)
        table = {"customers": "customer", "policies": "policy"}.get(name, name)
        extra = {"customer": ", flags, overdue_days", "policy": "", "experience": ""}[table]
        values = ", ".join("?" for _ in header) + (", '', 0" if extra else "")
        statement = f"INSERT INTO {table} ({', '.join(header)}{extra}) VALUES ({values})"
        connection.executemany(statement, rows)
        connection.commit()
    took = time.perf_counter() - began
    connection.close()
    return took


def _our_import(folder: Path) -> float:
    database = _records(folder)
    uploads = [Upload(name, (SAMPLE_BOOK / name).read_bytes()) for name in FILES]
    began = time.perf_counter()
    received = receive(uploads, LIMIT_BYTES)
    with database.write() as session:
        job = create_job(session, received.readable, Sender())
        claim(session, job.id)
    run_import(database, job.id)
    took = time.perf_counter() - began
    database.dispose()
    return took


def _ranking_ratio() -> Ratio:
    with TemporaryDirectory(prefix="greenlane-bench-") as folder:
        database = _records(Path(folder))
        _fill(database)
        rounds: list[float] = []
        last: dict[str, object] = {}
        for _ in range(ROUNDS):
            query, ours = _one_query(database), _rank(database)
            rounds.append(ours / query)
            last = {"query s": f"{query:.2f}", "score and rank s": f"{ours:.2f}"}
        database.dispose()
    name = f"score and rank {CUSTOMERS:,} customers / the sums in one SQL query"
    return Ratio(name, RANKING_GOAL, at_least=False, rounds=rounds, detail=last)


def _one_query(database: Database) -> float:
    began = time.perf_counter()
    with database.read() as session:
        session.connection().execute(ONE_QUERY).all()
    return time.perf_counter() - began


def _rank(database: Database) -> float:
    rulebook = load_builtin()
    began = time.perf_counter()
    with database.read() as session:
        reckon(session, YEAR, rulebook)
    return time.perf_counter() - began


def _records(folder: Path) -> Database:
    database = Database(f"sqlite:///{folder}/records.db", Keyring(SECRET))
    database.migrate()
    return database


def _fill(database: Database) -> None:
    customers = [f"R{number:07d}" for number in range(CUSTOMERS)]
    with database.write() as session:
        ensure_builtin(session)
        hq = Institution(code="HQ", name="HQ", level=InstitutionLevel.HQ, region_class=1, city="-", path="/HQ/")
        session.add(hq)
        session.flush()
        insert_dicts(session, Customer, [customer_row(number) for number in customers])
        insert_dicts(session, Policy, [_policy(number) for number in customers])
        years = range(YEAR - 2, YEAR + 1)
        insert_dicts(
            session, Experience, [_experience(n, number, year) for n, number in enumerate(customers) for year in years]
        )


def customer_row(number: str) -> dict[str, object]:
    """A customer as the book would give it."""
    return {
        "customer_no": number,
        "name": number,
        "institution_code": "HQ",
        "industry": "-",
        "employees": 1,
        "insured_lives": 1,
        "flags": "",
        "overdue_days": 0,
    }


def _policy(number: str) -> dict[str, object]:
    return {
        "policy_no": f"P{number}",
        "customer_no": number,
        "product_class": ProductClass.B,
        "pay_mode": PayMode.REGULAR,
        "pay_term_years": 1,
        "effective_on": date(YEAR - 2, 1, 1),
        "expires_on": date(YEAR, 12, 31),
        "status": PolicyStatus.IN_FORCE,
    }


def _experience(n: int, number: str, year: int) -> dict[str, object]:
    premium = Decimal(100_000 + (n * 7919) % 900_000)
    return {
        "policy_no": f"P{number}",
        "year": year,
        "premium_received": premium,
        "earned_premium": premium,
        "incurred_claims": premium * (n % 11) / 10,
    }
