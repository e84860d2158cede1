"""Queries of the satisfaction survey 满意度调查: campaigns, invitations, sheets, and what they add up to.

A campaign is seen by whoever's institutions it belongs to, and, once it is open, by whoever's customers it asks; of its
invitations and sheets everybody sees those of its own institutions.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, or_
from sqlmodel import Session, col, func, select

from models.service_types import SurveyStage
from models.stores.memberships import OVER
from models.stores.scope import Scope, within
from models.tables.book import Contact, Customer
from models.tables.care import MembershipContact, Touchpoint
from models.tables.cases import Membership
from models.tables.organisation import Account, Post
from models.tables.survey import SurveyCampaign, SurveyInvitation, SurveySheet
from models.types import Role, Tier

Position = tuple[datetime, UUID]
"""Keyset position: sort instant and id of the last row seen."""


class Tally(NamedTuple):
    """What a campaign came to within a scope: invitations handed out, sheets back, valid ones, follow-ups."""

    sent: int = 0
    returned: int = 0
    valid: int = 0
    low: int = 0
    mean: Decimal | None = None
    """Mean score of valid sheets, unrounded; None without one."""
    by_mail: int = 0
    unconfirmed: int = 0
    """Invitations by mail whose sending broke off: nobody knows whether they arrived."""


class Served(NamedTuple):
    """满意度 of one customer or branch in a span of days: for the quarterly summary and the assessment.

    `sent` are invitations by the day they were made, `returned` those of them that were answered, up to now; `valid`
    and `mean` (0-100, unrounded, None without a valid sheet) are the sheets answered in the span.
    """

    sent: int
    returned: int
    valid: int
    mean: Decimal | None


class SheetLine(NamedTuple):
    """A sheet as results are reckoned from it; no personal data."""

    institution_code: str
    tier: Tier
    answers: dict[str, Any]
    score: Decimal | None
    is_valid: bool
    nps: int | None


class LowSheet(NamedTuple):
    """A sheet that asks for a follow-up, with its touchpoint and whose it is."""

    sheet: SurveySheet
    customer: str
    touchpoint: Touchpoint | None


class SurveyStore:
    """Campaigns with everything that belongs to them."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def add(self, *rows: SurveyCampaign | SurveyInvitation | SurveySheet) -> None:
        """Insert or change rows; they are written at once, because others refer to them."""
        self.session.add_all(rows)
        self.session.flush()

    def remove(self, row: SurveyCampaign) -> None:
        """Delete a draft, to which nothing refers yet."""
        self.session.delete(row)
        self.session.flush()

    def get(self, campaign_id: UUID) -> SurveyCampaign | None:
        """One campaign, whoever asks."""
        return self.session.get(SurveyCampaign, campaign_id)

    def locked(self, campaign_id: UUID) -> SurveyCampaign | None:
        """The campaign, held against other writers until this transaction ends."""
        statement = select(SurveyCampaign).where(SurveyCampaign.id == campaign_id).with_for_update()
        return self.session.exec(statement.execution_options(populate_existing=True)).first()

    def owned(self, campaign_id: UUID, scope: Scope) -> SurveyCampaign | None:
        """The campaign, when its own institution lies in the scope: who may lead it."""
        statement = select(SurveyCampaign).where(SurveyCampaign.id == campaign_id)
        return self.session.exec(statement.where(within(SurveyCampaign.institution_code, scope))).first()

    def seen(self, campaign_id: UUID, scope: Scope) -> SurveyCampaign | None:
        """The campaign, when it belongs to the scope or asks one of its customers."""
        return self.session.exec(select(SurveyCampaign).where(SurveyCampaign.id == campaign_id, _seen(scope))).first()

    def newest(
        self, scope: Scope, stage: SurveyStage | None, *, after: Position | None, limit: int
    ) -> list[SurveyCampaign]:
        """Campaigns as `seen`, newest first, from a keyset position on."""
        at, number = col(SurveyCampaign.created_at), col(SurveyCampaign.id)
        statement = select(SurveyCampaign).where(_seen(scope))
        if stage is not None:
            statement = statement.where(SurveyCampaign.stage == stage)
        if after is not None:
            statement = statement.where(or_(at < after[0], and_(at == after[0], number < after[1])))
        return list(self.session.exec(statement.order_by(at.desc(), number.desc()).limit(limit)))

    def tallies(self, campaign_ids: Collection[UUID], scope: Scope) -> dict[UUID, Tally]:
        """What each campaign came to within the scope."""
        sheet, row = SurveySheet, SurveyInvitation
        score = case((col(sheet.is_valid), col(sheet.score)))
        sums: tuple[Any, ...] = (
            func.count(col(row.id)),
            func.count(col(sheet.id)),
            _count(col(sheet.is_valid)),
            _count(col(sheet.low)),
            func.sum(score),
            _count(col(row.sent_at).is_not(None)),
            _count(and_(col(row.claimed_at).is_not(None), col(row.sent_at).is_(None))),
        )
        statement: Select[Any] = (
            select(row.campaign_id, *sums)
            .outerjoin(sheet, col(sheet.invitation_id) == col(row.id))
            .where(col(row.campaign_id).in_(campaign_ids), within(row.institution_code, scope))
            .group_by(row.campaign_id)
        )
        found = self.session.execute(statement)
        return {row[0]: _tally(row[1:]) for row in found}

    def sent_by_branch(self, campaign_id: UUID, scope: Scope) -> dict[tuple[str, Tier], int]:
        """Invitations by institution and tier."""
        row = SurveyInvitation
        statement = (
            select(row.institution_code, row.tier, func.count(col(row.id)))
            .where(row.campaign_id == campaign_id, within(row.institution_code, scope))
            .group_by(row.institution_code, col(row.tier))
        )
        return {(code, Tier(tier)): number for code, tier, number in self.session.exec(statement)}

    def lines(self, campaign_id: UUID, scope: Scope) -> list[SheetLine]:
        """Every sheet of a campaign within the scope, as results are reckoned from it."""
        columns = [getattr(SurveySheet, name) for name in SheetLine._fields]
        statement = select(*columns).where(SurveySheet.campaign_id == campaign_id)
        found = self.session.execute(statement.where(within(SurveySheet.institution_code, scope)))
        return [SheetLine(*line) for line in found]

    def sheet(self, sheet_id: UUID, scope: Scope) -> SurveySheet | None:
        """One sheet, when its customer belongs to the scope."""
        statement = select(SurveySheet).where(SurveySheet.id == sheet_id)
        return self.session.exec(statement.where(within(SurveySheet.institution_code, scope))).first()

    def sheet_of(self, invitation_id: UUID) -> SurveySheet | None:
        """The sheet of an invitation."""
        return self.session.exec(select(SurveySheet).where(SurveySheet.invitation_id == invitation_id)).first()

    def sheet_behind(self, touchpoint_id: UUID) -> SurveySheet | None:
        """The sheet that a follow-up touchpoint was opened for."""
        return self.session.exec(select(SurveySheet).where(SurveySheet.follow_up_id == touchpoint_id)).first()

    def low(self, campaign_id: UUID, scope: Scope, *, after: Position | None, limit: int) -> list[LowSheet]:
        """Sheets that ask for a follow-up, newest first."""
        at, number = col(SurveySheet.answered_at), col(SurveySheet.id)
        statement = (
            select(SurveySheet, Customer.name, Touchpoint)
            .join(Customer, col(Customer.customer_no) == SurveySheet.customer_no)
            .outerjoin(Touchpoint, col(Touchpoint.id) == SurveySheet.follow_up_id)
            .where(SurveySheet.campaign_id == campaign_id, col(SurveySheet.low).is_(True))
            .where(within(SurveySheet.institution_code, scope))
        )
        if after is not None:
            statement = statement.where(or_(at < after[0], and_(at == after[0], number < after[1])))
        return [LowSheet(*row) for row in self.session.exec(statement.order_by(at.desc(), number.desc()).limit(limit))]

    def holders(self, roles: Collection[Role], under: str) -> list[UUID]:
        """Enabled people who hold one of the posts at an institution (its path) or below it."""
        statement = (
            select(Account.id)
            .join(Post, col(Post.account_id) == Account.id)
            .where(col(Post.role).in_(roles), col(Account.disabled_at).is_(None))
            .where(within(Post.institution_code, Scope((under,))))
            .distinct()
        )
        return list(self.session.exec(statement))

    def trend(self, scope: Scope, stages: Collection[SurveyStage]) -> list[tuple[str, Tally]]:
        """What came of each period 调查期间, first period first: campaigns in these stages, together."""
        sheet, row = SurveySheet, SurveyInvitation
        score = case((col(sheet.is_valid), col(sheet.score)))
        statement = (
            select(  # type: ignore[call-overload]  # as above
                SurveyCampaign.period,
                func.count(col(row.id)),
                func.count(col(sheet.id)),
                _count(col(sheet.is_valid)),
                _count(col(sheet.low)),
                func.sum(score),
            )
            .join(row, col(row.campaign_id) == SurveyCampaign.id)
            .outerjoin(sheet, col(sheet.invitation_id) == col(row.id))
            .where(col(SurveyCampaign.stage).in_(stages), within(row.institution_code, scope))
            .group_by(SurveyCampaign.period)
            .order_by(SurveyCampaign.period)
        )
        found = self.session.execute(statement)
        return [(row[0], _tally(row[1:])) for row in found]

    def by_customer(self, scope: Scope, first: date, last: date) -> dict[str, Served]:
        """满意度 by customer number in a span of days, both ends included; see `Served`."""
        return self._served(col(SurveyInvitation.customer_no), col(SurveySheet.customer_no), scope, first, last)

    def by_institution(self, scope: Scope, first: date, last: date) -> dict[str, Served]:
        """The same by the customers' own institution; a branch is the sum of those under it (`together`)."""
        return self._served(
            col(SurveyInvitation.institution_code), col(SurveySheet.institution_code), scope, first, last
        )

    def _served(self, invited: Any, answered: Any, scope: Scope, first: date, last: date) -> dict[str, Served]:
        handed_out = (
            select(invited, func.count(), _count(col(SurveyInvitation.answered_at).is_not(None)))
            .where(col(SurveyInvitation.invited_on).between(first, last))
            .where(within(SurveyInvitation.institution_code, scope))
            .group_by(invited)
        )
        came_back = (
            select(answered, func.count(), func.sum(col(SurveySheet.score)))
            .where(col(SurveySheet.answered_on).between(first, last), col(SurveySheet.is_valid).is_(True))
            .where(within(SurveySheet.institution_code, scope))
            .group_by(answered)
        )
        sent = {key: (number, back) for key, number, back in self.session.execute(handed_out)}
        valid = {key: (number, _mean(total, number)) for key, number, total in self.session.execute(came_back)}
        return {
            key: Served(*sent.get(key, (0, 0)), *valid.get(key, (0, None)))
            for key in sorted(sent.keys() | valid.keys())
        }


class InvitationStore:
    """Invitations: whom a campaign asks, by link and by list."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def by_hash(self, token_hash: str) -> SurveyInvitation | None:
        """The invitation of a link, held against other writers until this transaction ends."""
        return self._locked(SurveyInvitation.token_hash == token_hash)

    def in_scope(self, invitation_id: UUID, scope: Scope) -> SurveyInvitation | None:
        """One invitation, when its customer belongs to the scope; held as above."""
        return self._locked(
            and_(col(SurveyInvitation.id) == invitation_id, within(SurveyInvitation.institution_code, scope))
        )

    def _locked(self, condition: Any) -> SurveyInvitation | None:
        return self.session.exec(select(SurveyInvitation).where(condition).with_for_update()).first()

    def by_ids(self, ids: Collection[UUID]) -> dict[UUID, SurveyInvitation]:
        """Invitations by id."""
        statement = select(SurveyInvitation).where(col(SurveyInvitation.id).in_(ids))
        return {row.id: row for row in self.session.exec(statement)}

    def keys(self, campaign_id: UUID, customers: Collection[str]) -> dict[tuple[str, str], SurveyInvitation]:
        """Invitations of some customers, by customer number and key."""
        statement = select(SurveyInvitation).where(
            SurveyInvitation.campaign_id == campaign_id, col(SurveyInvitation.customer_no).in_(customers)
        )
        return {(row.customer_no, row.key): row for row in self.session.exec(statement)}

    def unanswered(
        self,
        campaign_id: UUID,
        scope: Scope,
        *,
        q: str = "",
        after: tuple[str, UUID] | None = None,
        limit: int,
    ) -> list[tuple[SurveyInvitation, str]]:
        """Invitations without a sheet and the names of their customers, by customer; `q` a part of name or number."""
        number, row_id = col(SurveyInvitation.customer_no), col(SurveyInvitation.id)
        statement = (
            select(SurveyInvitation, Customer.name)
            .join(Customer, col(Customer.customer_no) == number)
            .where(SurveyInvitation.campaign_id == campaign_id, col(SurveyInvitation.answered_at).is_(None))
            .where(within(SurveyInvitation.institution_code, scope))
        )
        if q:
            like = or_(col(Customer.name).icontains(q, autoescape=True), number.icontains(q, autoescape=True))
            statement = statement.where(like)
        if after is not None:
            statement = statement.where(or_(number > after[0], and_(number == after[0], row_id > after[1])))
        return [(row, name) for row, name in self.session.exec(statement.order_by(number, row_id).limit(limit))]

    def waiting(self, campaign_id: UUID, *, after: str, customers: int) -> list[SurveyInvitation]:
        """Invitations without a sheet of the next customers behind a number, whole customers only."""
        numbers = (
            select(SurveyInvitation.customer_no)
            .distinct()
            .where(SurveyInvitation.campaign_id == campaign_id, col(SurveyInvitation.answered_at).is_(None))
            .where(col(SurveyInvitation.customer_no) > after)
            .order_by(col(SurveyInvitation.customer_no))
            .limit(customers)
        )
        # One statement: an answer between two of them would make the chunk look like the last one.
        statement = select(SurveyInvitation).where(
            SurveyInvitation.campaign_id == campaign_id,
            col(SurveyInvitation.customer_no).in_(numbers),
            col(SurveyInvitation.answered_at).is_(None),
        )
        return list(self.session.exec(statement.order_by(col(SurveyInvitation.customer_no), col(SurveyInvitation.id))))

    def members(self, under: Scope, tiers: Iterable[Tier], today: date, *, after: str, limit: int) -> list[Membership]:
        """Running memberships of the next customers behind a number: those whom a campaign of these tiers asks."""
        statement = (
            select(Membership)
            .join(Customer, col(Customer.customer_no) == Membership.customer_no)
            .where(col(Membership.valid_from) <= today, col(Membership.valid_to) >= today)
            .where(col(Membership.stage).not_in(OVER), col(Membership.tier).in_(list(tiers)))
            .where(within(Customer.institution_code, under), col(Membership.customer_no) > after)
        )
        return list(
            self.session.exec(statement.order_by(col(Membership.customer_no), col(Membership.tier)).limit(limit))
        )

    def served(self, membership_ids: Collection[UUID]) -> dict[UUID, list[Contact]]:
        """重点服务对象 of memberships that are still with the unit, in the order they were chosen."""
        statement = (
            select(MembershipContact.membership_id, Contact)
            .join(Contact, col(Contact.id) == MembershipContact.contact_id)
            .where(col(MembershipContact.membership_id).in_(membership_ids), col(MembershipContact.until).is_(None))
            .where(col(Contact.left_on).is_(None))
            .order_by(col(MembershipContact.since), col(MembershipContact.id))
        )
        found: dict[UUID, list[Contact]] = {}
        for membership_id, contact in self.session.exec(statement):
            found.setdefault(membership_id, []).append(contact)
        return found


def together(parts: Sequence[Served]) -> Served:
    """Several customers or institutions as one; the mean is weighted by valid sheets."""
    valid = sum(part.valid for part in parts)
    points = sum((part.mean * part.valid for part in parts if part.mean is not None), Decimal(0))
    return Served(
        sent=sum(part.sent for part in parts),
        returned=sum(part.returned for part in parts),
        valid=valid,
        mean=points / valid if valid else None,
    )


def _seen(scope: Scope) -> ColumnElement[bool]:
    asked = select(SurveyInvitation.campaign_id).where(within(SurveyInvitation.institution_code, scope))
    return or_(within(SurveyCampaign.institution_code, scope), col(SurveyCampaign.id).in_(asked))


def _count(condition: Any) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _tally(sums: Sequence[Any]) -> Tally:
    """Counts, the sum of valid scores, further counts."""
    sent, returned, valid, low, total, *more = sums
    return Tally(sent, returned, valid, low, _mean(total, valid), *more)


def _mean(total: Any, sheets: int) -> Decimal | None:
    """Exact mean of scores with two decimals each: SQLite adds them up as floats, PostgreSQL as decimals."""
    return Decimal(str(total)).quantize(Decimal("0.01")) / sheets if sheets else None
