"""An independent reckoning of the ranking, straight from the book files: csv, fractions and sets of days.

It shares no code with the product, knows the numbers of the regulation by heart, and follows decisions.md 16 word by
word; slow and plain on purpose.
"""

import csv
from collections import Counter, defaultdict
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

K1 = {"A": Fraction(1), "B": Fraction(8, 10), "C": Fraction(1), "E": Fraction(1, 10), "F": Fraction(8, 100)}
SILVER_ENTRY = {"1": 200_000, "2": 150_000, "3": 100_000}
AMOUNTS = ("premium_received", "earned_premium", "incurred_claims")


def reckon(folder: Path, year: int) -> str:
    """The CSV of `greenlane evaluate`."""
    policies = {row["policy_no"]: row for row in _read(folder, "policies")}
    experience = [row for row in _read(folder, "experience") if all(Fraction(row[name]) >= 0 for name in AMOUNTS)]
    tree = {row["code"]: row for row in _read(folder, "institutions")}
    owned: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in experience:
        owned[policies[row["policy_no"]]["customer_no"]].append(row)
    lines = []
    for customer in _read(folder, "customers"):
        held = [row for row in policies.values() if row["customer_no"] == customer["customer_no"]]
        if held:
            lines.append(_line(customer, held, owned[customer["customer_no"]], policies, year))
    lines.sort(key=lambda x: (-x["value"], -x["standard"], -x["years"], x["first"], x["customer_no"]))
    _hand_out_seats(lines, tree, _service_posts(folder, tree))
    header = "rank,customer_no,name,institution_code,standard_premium,insured_years,loss_ratio,k2,k3,value,new_customer"
    return "\n".join([header + ",eligible_tier,seat", *(_text(n, x) for n, x in enumerate(lines, 1))]) + "\n"


def _read(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _line(customer: dict, held: list, rows: list, policies: dict, year: int) -> dict:  # type: ignore[type-arg]
    paid = {int(row["year"]) for row in rows if Fraction(row["premium_received"]) > 0}
    years = next(n for n in range(100) if year - n not in paid)
    standard = sum(
        (
            Fraction(row["premium_received"]) * _k1(policies[row["policy_no"]])
            for row in rows
            if int(row["year"]) == year and _in_force(policies[row["policy_no"]], date(year, 12, 31))
        ),
        Fraction(),
    )
    ratio = _loss_ratio([row for row in rows if year - 2 <= int(row["year"]) <= year], policies, year, years)
    k2 = Fraction(100 + 5 * (min(years, 5) - 1), 100) if years else Fraction(1)
    k3 = Fraction(1) if ratio is None else _k3(ratio)
    value = int(standard * k2 * k3 + Fraction(1, 2)) if years else 0
    return {
        **customer,
        "standard": standard,
        "years": years,
        "ratio": ratio,
        "k2": k2,
        "k3": k3,
        "value": value,
        "new": year in paid and min(paid) == year,
        "first": min(row["effective_on"] for row in held),
        "seat": "",
    }


def _k1(policy: dict[str, str]) -> Fraction:
    if policy["product_class"] == "D":
        return max(Fraction(int(policy["pay_term_years"]), 10), Fraction(1, 10))
    return K1[policy["product_class"]]


def _in_force(policy: dict[str, str], day: date) -> bool:
    ended = policy.get("ended_on") or ""
    if not ended and policy["status"] in ("lapsed", "surrendered"):
        return False
    if ended and date.fromisoformat(ended) < day:
        return False
    return date.fromisoformat(policy["effective_on"]) <= day <= date.fromisoformat(policy["expires_on"])


def _loss_ratio(rows: list, policies: dict, year: int, years: int) -> Fraction | None:  # type: ignore[type-arg]
    earned = sum((Fraction(row["earned_premium"]) for row in rows), Fraction())
    paying = [policies[row["policy_no"]] for row in rows if Fraction(row["premium_received"]) > 0]
    if earned <= 0 or not years or all(policy["product_class"] in "EF" for policy in paying):
        return None
    days: set[date] = set()
    for policy in paying:
        last = min(policy["expires_on"], policy.get("ended_on") or policy["expires_on"])
        day = date.fromisoformat(policy["effective_on"])
        while day <= date.fromisoformat(last):
            if year - 2 <= day.year <= year:
                days.add(day)
            day += timedelta(days=1)
    if len(days) < 365:
        return None
    return sum((Fraction(row["incurred_claims"]) for row in rows), Fraction()) / earned


def _k3(ratio: Fraction) -> Fraction:
    percent = ratio * 100
    if percent < 40:
        return Fraction(120, 100)
    if percent < 60:
        return Fraction(110, 100)
    if percent < 75:
        return Fraction(1)
    if percent < 90:
        return Fraction(85, 100)
    return Fraction(70, 100) if percent <= 100 else Fraction(50, 100)


def _service_posts(folder: Path, tree: dict[str, dict[str, str]]) -> Counter[str]:
    return Counter(_branch(row["institution_code"], tree) for row in _read(folder, "staff") if "BR_SVC" in row["roles"])


def _branch(code: str, tree: dict[str, dict[str, str]]) -> str:
    while code and tree[code]["level"] != "branch":
        code = tree[code]["parent_code"]
    return code


def _hand_out_seats(lines: list, tree: dict, posts: Counter[str]) -> None:  # type: ignore[type-arg]
    for line in lines:
        line["silver_entry"] = SILVER_ENTRY[tree[line["institution_code"]]["region_class"]]
        line["branch"] = _branch(line["institution_code"], tree)
    for line in [x for x in lines if x["value"] >= 1_000_000][:90]:
        line["seat"] = "ranked"
    for line in [x for x in lines if x["new"] and not x["seat"] and x["value"] >= 500_000][:10]:
        line["seat"] = "new_customer"
    for branch, count in posts.items():
        waiting = [x for x in lines if x["branch"] == branch and not x["seat"] and x["value"] >= x["silver_entry"]]
        for line in waiting[: count * 20]:
            line["seat"] = "silver"


def _text(place: int, line: dict) -> str:  # type: ignore[type-arg]
    tier = "regular"
    if line["value"] >= line["silver_entry"]:
        tier = "silver"
    if line["value"] >= (500_000 if line["new"] else 1_000_000):
        tier = "gold"
    name = f'"{line["name"]}"' if "," in line["name"] else line["name"]
    cells = [
        place,
        line["customer_no"],
        name,
        line["institution_code"],
        _fixed(line["standard"], 2),
        line["years"],
        "" if line["ratio"] is None else _fixed(line["ratio"], 6),
        _fixed(line["k2"], 2),
        _fixed(line["k3"], 2),
        line["value"],
        "true" if line["new"] else "false",
        tier,
        line["seat"],
    ]
    return ",".join(str(cell) for cell in cells)


def _fixed(number: Fraction, places: int) -> str:
    """Half up, of a number that is not negative."""
    units = int(number * 10**places + Fraction(1, 2))
    return f"{units // 10**places}.{units % 10**places:0{places}d}"
