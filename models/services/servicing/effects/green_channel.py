"""绿色通道, 附件三: its record from the intake to the customer's confirmation."""

from datetime import date
from hashlib import sha256

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.identifiers import GREEN_CHANNEL, green_channel_key
from models.messages.service import ServiceState, StartGreenChannel
from models.messages.service_acts import CompleteService, ConfirmService
from models.rules.calendar import local_date
from models.rules.service import premium
from models.rules.service.facts import OpeningFacts
from models.service_types import GreenService
from models.services import actors
from models.services.duties.renewals import settle_renewal
from models.services.rulebooks import rulebook_of
from models.services.servicing import confirmation, letters, record_numbers
from models.services.servicing.effects.base import Effect, Ground, Intake, Step, clock_named, in_time
from models.services.servicing.naming import said_about
from models.services.servicing.posts import opener, serving_at
from models.services.servicing.promises import item_of, promised, tier_of
from models.stores.customers import contacts_of, policies_of
from models.stores.services import ServiceStore, cities_of
from models.tables.cases import Case
from models.tables.service import GreenChannelRecord
from models.types import CaseKind, Stage

KEY_LENGTH = 64


def intake(session: Session, start: StartGreenChannel, ground: Ground) -> Intake:
    """Who serves the request how fast. Raises NOT_ELIGIBLE and INVALID_INPUT."""
    _check_contact(session, start)
    rules = ground.rulebook.keeping.green_channel
    tier = tier_of(session, start.customer_no, local_date(start.received_at))
    promise = promised(ground.rulebook, start.service, tier, _expiry(session, start))
    _check_premium(session, start, ground)
    role, lead_role = rules.posts_of(start.service, start.advance_amount)
    serving = serving_at(session, role, lead_role, start.institution_code)
    facts = OpeningFacts(
        case_id=start.case_id,
        kind=CaseKind.GREEN_CHANNEL,
        tier=tier,
        customer_no=start.customer_no,
        **serving._asdict(),
        opened_by=opener(session, start, serving, None),
        received_at=start.received_at,
        promises=(promise,),
        confirm_working_days=rules.confirm_working_days,
        service=start.service,
    )
    return Intake(facts, open_key(start.service, start.reference_no))


def open_key(service: GreenService, reference_no: str) -> str:
    """What only one open request may hold; a long reference is held by its digest."""
    key = green_channel_key(service.value, reference_no)
    if len(key) <= KEY_LENGTH:
        return key
    return f"{GREEN_CHANNEL}/{sha256(key.encode()).hexdigest()}"[:KEY_LENGTH]


def opened(session: Session, case: Case, start: StartGreenChannel, state: ServiceState) -> None:
    """附件三 as it is taken in, with the limit that was promised; of a renewal so many months before its end."""
    clock = state.clocks[0]
    rulebook = rulebook_of(session, case.rulebook_version_id).rulebook
    limit = promised(rulebook, start.service, case.tier, _expiry(session, start)).limit
    if limit is None:
        raise RuntimeError(f"{start.service.value} is promised within no limit")
    year = local_date(case.opened_at).year
    ServiceStore(session).add(
        GreenChannelRecord(
            case_id=case.id,
            record_no=record_numbers.record_no(session, record_numbers.GREEN_CHANNEL, case.institution_code, year),
            customer_no=case.customer,
            institution_code=case.institution_code,
            service=start.service,
            reference_no=start.reference_no,
            policy_no=start.policy_no,
            channel=start.channel,
            contact_id=start.contact_id,
            contact_name=said_about(session, start.contact_id, start.contact_name),
            undisputed_amount=start.undisputed_amount,
            advance_amount=start.advance_amount,
            code=clock.code,
            limit_unit=limit.unit.value,
            limit_value=limit.value,
            received_at=start.received_at,
            due_at=clock.deadline.due_at,
            remark=start.comment,
        )
    )


def stepped(session: Session, case: Case, step: Step) -> None:
    """What the act changes on the form: who handles it, when it was finished, what the customer said."""
    store, after, act = ServiceStore(session), step.after, step.act
    row = _row(session, case)
    _follow(row, after)
    if row.accepted_at is None and after.stage is not Stage.RECEIVED:
        row.accepted_at = step.at
    if isinstance(act, CompleteService):
        row.result, row.late_reason = act.result, act.late_reason
        rules = rulebook_of(session, case.rulebook_version_id).rulebook.keeping.green_channel
        confirmation.issue(session, after, step.at, days=rules.confirm_link_days)
        letters.ask_to_confirm(session, row, after, step.at)
    if isinstance(act, ConfirmService):
        row.confirmed_at, row.confirmed_by = step.at, actors.name_of(act)
        row.satisfied, row.confirmation = act.satisfied, act.proof or act.comment
    store.add(row)
    if row.service is GreenService.RENEWAL and after.stage in {Stage.CLOSED, Stage.CANCELLED}:
        settle_renewal(session, row, after.stage, step.at)


def redated(session: Session, case: Case, after: ServiceState) -> None:
    """A published calendar moved the deadline."""
    row = _row(session, case)
    _follow(row, after)
    ServiceStore(session).add(row)


def _follow(row: GreenChannelRecord, after: ServiceState) -> None:
    clock = clock_named(after, "complete")
    row.handler_id, row.handler_name = after.handler_id, after.handler_name
    if clock is not None:
        row.due_at, row.finished_at, row.in_time = clock.deadline.due_at, clock.finished_at, in_time(clock)


def _row(session: Session, case: Case) -> GreenChannelRecord:
    row = ServiceStore(session).green_channel(case.id)
    if row is None:
        raise RuntimeError(f"case {case.id} has no green-channel record")
    return row


def _expiry(session: Session, start: StartGreenChannel) -> date | None:
    """满期日 of the policy to renew. Raises INVALID_INPUT for a policy that is not this customer's."""
    if start.policy_no is None:
        return None
    for policy in policies_of(session, start.customer_no):
        if policy.policy_no == start.policy_no:
            return policy.expires_on
    raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "policy_no", "reason": "unknown_policy"}])


def _check_premium(session: Session, start: StartGreenChannel, ground: Ground) -> None:
    """What C7 and C8 ask for besides the tier, by the numbers of the catalogue. Raises INVALID_INPUT."""
    item = item_of(ground.rulebook, start.service)
    if item is not None and item.min_cities is not None:
        cities = cities_of(session, start.customer_no, start.institution_code)
        premium.check_cities(cities, item.min_cities, start.comment)
    if item is not None and item.max_share is not None:
        premium.check_advance(start.undisputed_amount, start.advance_amount, item.max_share)
    else:
        premium.refuse_amounts(start.undisputed_amount, start.advance_amount)


def _check_contact(session: Session, start: StartGreenChannel) -> None:
    if start.contact_id is None:
        return
    if all(contact.id != start.contact_id for contact in contacts_of(session, start.customer_no)):
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "contact_id", "reason": "unknown_contact"}])


EFFECT = Effect(intake=intake, opened=opened, stepped=stepped, redated=redated)
