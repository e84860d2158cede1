"""机构名额: the silver quota each branch files for a year with its reason, article 13. Nothing commits here."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.rulebook import TierRules
from models.rules.ranking import special_seats, suggested_silver_quota
from models.services import audit
from models.stores import rankings
from models.stores.evaluations import BookFactsStore
from models.stores.institutions import InstitutionStore
from models.stores.scope import Scope
from models.stores.seats import SeatStore
from models.tables.cases import SilverQuota
from models.tables.organisation import Institution
from models.types import Door, InstitutionLevel, SeatKind, Tier

MAX_QUOTA = 10_000


@dataclass(frozen=True)
class QuotaLine:
    """One branch: what the rulebook suggests, what it filed, how many seats the list gives and approvals took."""

    branch: Institution
    suggested: int
    filed: SilverQuota | None
    in_list: int
    taken: int

    @property
    def quota(self) -> int:
        """The number that holds."""
        return self.filed.quota if self.filed else self.suggested


@dataclass(frozen=True)
class SeatCount:
    """A company-wide pool: its size, how many seats the list gives, how many approvals took."""

    kind: SeatKind
    quota: int
    in_list: int
    taken: int


def quota_lines(session: Session, tiers: TierRules, year: int, scope: Scope) -> list[QuotaLine]:
    """The branches of the scope, in the order of the tree."""
    branch_of, seats = BookFactsStore(session).branches(), SeatStore(session)
    posts = seats.service_posts(tiers.silver.service_role)
    filed, taken = seats.filed_quotas(year), seats.taken_by_pool(year)
    in_list: dict[str, int] = {}
    for code, count in rankings.silver_in_list(session, year).items():
        branch = branch_of.get(code, code)
        in_list[branch] = in_list.get(branch, 0) + count
    return [
        QuotaLine(
            branch=item,
            suggested=suggested_silver_quota(tiers, posts[item.code]),
            filed=filed.get(item.code),
            in_list=in_list.get(item.code, 0),
            taken=taken.get((Tier.SILVER, SeatKind.SILVER, item.code), 0),
        )
        for item in InstitutionStore(session).all(scope)
        if item.level is InstitutionLevel.BRANCH
    ]


def gold_seats(session: Session, tiers: TierRules, year: int) -> list[SeatCount]:
    """Ranked, new-customer and special gold seats of the company."""
    in_list, taken = rankings.seats_in_list(session, year), SeatStore(session).taken_by_pool(year)
    gold = tiers.gold
    sizes = {
        SeatKind.RANKED: gold.ranked_seats,
        SeatKind.NEW_CUSTOMER: gold.new_customer_seats,
        SeatKind.SPECIAL: special_seats(tiers, gold.ranked_seats + gold.new_customer_seats),
    }
    used: dict[SeatKind, int] = {}
    for (tier, kind, _scope), count in taken.items():
        if tier is Tier.GOLD:
            used[kind] = used.get(kind, 0) + count
    return [SeatCount(kind, size, in_list.get(kind, 0), used.get(kind, 0)) for kind, size in sizes.items()]


def silver_quotas(session: Session, year: int, tiers: TierRules) -> dict[str, int]:
    """机构名额 per branch: what the branch filed, else its VIP service posts x the rulebook's number."""
    seats = SeatStore(session)
    posts = seats.service_posts(tiers.silver.service_role)
    suggested = {branch: suggested_silver_quota(tiers, count) for branch, count in posts.items()}
    return suggested | {branch: row.quota for branch, row in seats.filed_quotas(year).items()}


def silver_quota(session: Session, year: int, tiers: TierRules, branch_code: str) -> int:
    """`silver_quotas` of one branch: what a decision needs, without reading the others."""
    seats, role = SeatStore(session), tiers.silver.service_role
    filed = seats.filed_quota(year, branch_code)
    if filed is not None:
        return filed.quota
    return suggested_silver_quota(tiers, seats.service_posts(role, branch_code)[branch_code])


@dataclass(frozen=True)
class Filing:
    """A quota as a branch files it."""

    institution_code: str
    quota: int
    reason: str


@dataclass(frozen=True)
class Filer:
    """Who files: the account, its reach, its door, when."""

    account_id: UUID
    scope: Scope
    door: Door
    now: datetime


def file_quota(session: Session, year: int, filing: Filing, by: Filer) -> SilverQuota:
    """File the silver quota of a branch in place of an earlier one.

    Raises NOT_FOUND outside the filer's institutions, INVALID_INPUT for what is no branch or no number of seats,
    REASON_REQUIRED, QUOTA_EXCEEDED when more seats are taken already.
    """
    branch = InstitutionStore(session).get(filing.institution_code, by.scope)
    if branch is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    _refuse(session, year, filing, branch)
    seats = SeatStore(session)
    row = seats.filed_quota(year, branch.code)
    before = {"quota": row.quota, "reason": row.reason} if row else None
    row = row or SilverQuota(
        year=year, institution_code=branch.code, quota=0, reason="", filed_by=by.account_id, filed_at=by.now
    )
    row.quota, row.reason = filing.quota, filing.reason.strip()
    row.filed_by, row.filed_at = by.account_id, by.now
    seats.add_quota(row)
    audit.append(
        session,
        actor=str(by.account_id),
        action="quota.filed",
        object_kind="quota",
        object_id=f"{year}/{branch.code}",
        door=by.door,
        before=before,
        after={"quota": row.quota},
        reason=row.reason,
        at=by.now,
    )
    return row


def _refuse(session: Session, year: int, filing: Filing, branch: Institution) -> None:
    if branch.level is not InstitutionLevel.BRANCH:
        raise _invalid("institution_code", "not_a_branch")
    if not 0 <= filing.quota <= MAX_QUOTA:
        raise _invalid("quota", "greater_than" if filing.quota < 0 else "less_than")
    if not filing.reason.strip():
        raise DomainError(ErrorCode.REASON_REQUIRED)
    taken = SeatStore(session).taken_by_pool(year).get((Tier.SILVER, SeatKind.SILVER, branch.code), 0)
    if filing.quota < taken:
        raise DomainError(ErrorCode.QUOTA_EXCEEDED, scope=branch.name, used=taken, quota=filing.quota)


def _invalid(field: str, reason: str) -> DomainError:
    return DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": field, "reason": reason}])
