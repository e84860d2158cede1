"""What a customer is promised before anything is sent: the limit of a service for its tier, and its deadline."""

from datetime import date, datetime
from typing import NamedTuple

from sqlmodel import Session

from api.security.caller import Caller
from api.security.policy import POLICY, Action
from models.errors import DomainError, ErrorCode
from models.messages.service import ServiceClock
from models.rules.calendar import local_date
from models.rules.service.clocks import started
from models.service_types import GreenService
from models.services.calendars import snapshot
from models.services.rulebooks import rulebook_in_force
from models.services.servicing.posts import queue_at
from models.services.servicing.promises import promised, tier_of
from models.stores.customers import policies_of
from models.tables.book import Customer
from models.types import Tier


class Asked(NamedTuple):
    """The request as far as it is known; `institution_code` is where it would be served."""

    customer_no: str
    service: GreenService
    received_at: datetime
    institution_code: str
    policy_no: str | None = None


class Promise(NamedTuple):
    """The clock that would start, with the tier that gave it."""

    customer: Customer
    tier: Tier
    clock: ServiceClock


def due_of(session: Session, asked: Asked, now: datetime) -> Promise:
    """The clock as the intake would start it.

    Raises NOT_FOUND for a customer that is not known, NOT_ELIGIBLE for a service its tier has not, INVALID_INPUT for a
    renewal without its policy.
    """
    customer = session.get(Customer, asked.customer_no)
    if customer is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    rulebook = rulebook_in_force(session, local_date(now)).rulebook
    tier = tier_of(session, asked.customer_no, local_date(asked.received_at))
    promise = promised(rulebook, asked.service, tier, _expiry(session, asked))
    served_at = queue_at(session, *rulebook.keeping.green_channel.posts_of(asked.service), asked.institution_code)
    day = local_date(now)
    calendar = snapshot(session, rulebook.working_time, day, institution_code=served_at.institution_code)
    return Promise(customer, tier, started(promise, asked.received_at, calendar))


def serving_institution(caller: Caller) -> str:
    """Where the caller takes requests: the institution of its first post that may, else its own."""
    takers = POLICY[Action.TAKE_REQUESTS]
    return next((post.institution_code for post in caller.posts if post.role in takers), caller.institution_code)


def _expiry(session: Session, asked: Asked) -> date | None:
    if not asked.policy_no:
        return None
    found = (policy for policy in policies_of(session, asked.customer_no) if policy.policy_no == asked.policy_no)
    policy = next(found, None)
    if policy is None:
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "policy_no", "reason": "unknown_policy"}])
    return policy.expires_on
