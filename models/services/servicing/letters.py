"""The letter that asks a customer to confirm a finished request, with its one-use link.

It goes out as every notification does: recorded with the completion, sent by a workflow of its own, never twice. The
secret of the link is reckoned when the letter leaves; the records keep neither it nor the address.
"""

import json
from collections.abc import Iterator
from datetime import datetime

from sqlmodel import Session

from models.messages.letters import Letter
from models.messages.service import ServiceState
from models.rules.calendar import local_date
from models.services.notifications.channels import after_quiet, desk_at
from models.services.notifications.texts import Place, message_text
from models.services.servicing import confirmation
from models.stores.cases import CaseStore
from models.stores.channels import DeliveryStore
from models.stores.customers import contacts_of, names_of
from models.stores.messages import NotificationStore
from models.stores.services import ServiceStore
from models.tables.book import Contact
from models.tables.messages import Delivery, Notification
from models.tables.service import GreenChannelRecord
from models.types import Channel, ContactKind, DeliveryState, Stage

CONFIRM = "service_confirm_request"
PATH = "/c"
"""Where a customer's link leads."""
LANGUAGE = "zh"


def ask_to_confirm(session: Session, row: GreenChannelRecord, state: ServiceState, at: datetime) -> None:
    """Have the customer asked, outside quiet hours; nobody is asked where no contact may be written to."""
    if not any(_readers(session, row, at)):
        return
    desk = desk_at(session, at)
    note = Notification(
        dedupe_key=f"{CONFIRM}:{row.case_id}:{state.step_no}",
        customer_no=row.customer_no,
        case_id=row.case_id,
        template=CONFIRM,
        content=json.dumps(_facts(session, row), ensure_ascii=False),
        created_at=at,
    )
    NotificationStore(session).add(note)
    session.flush()
    hour = after_quiet(at, desk.quiet_from_hour, desk.quiet_until_hour)
    way = Delivery(notification_id=note.id, channel=Channel.EMAIL, state=DeliveryState.PENDING, not_before=hour)
    DeliveryStore(session).add(way)


def letter_of(session: Session, note: Notification, key: str, base_url: str, now: datetime) -> Letter | None:
    """The letter as it goes out now; None when the request was confirmed meanwhile, or nobody may be written to."""
    case = CaseStore(session).get(note.case_id) if note.case_id and note.template == CONFIRM else None
    row = ServiceStore(session).green_channel(case.id) if case else None
    if case is None or row is None or case.stage is not Stage.AWAITING_CONFIRMATION:
        return None
    to = tuple(_readers(session, row, now))
    secret = confirmation.secret_of(ServiceState.model_validate(case.state))
    place = Place(channel=Channel.EMAIL, language=LANGUAGE, url=f"{base_url}{PATH}/{secret}")
    text = message_text(note.template, note.content, place)
    return Letter(key=key, to=to, subject=text.subject, body=text.body) if to else None


def _readers(session: Session, row: GreenChannelRecord, at: datetime) -> Iterator[str]:
    """Addresses of whoever asked, else of those who handle the customer's matters 第二服务对象; all with consent."""
    for contact in contacts_of(session, row.customer_no):
        asked = contact.id == row.contact_id if row.contact_id else contact.kind is ContactKind.HANDLER
        if asked and contact.email and _may_be_written_to(contact, at):
            yield contact.email


def _may_be_written_to(contact: Contact, at: datetime) -> bool:
    return contact.consent and (contact.left_on is None or contact.left_on > local_date(at))


def _facts(session: Session, row: GreenChannelRecord) -> dict[str, str]:
    name = names_of(session, [row.customer_no]).get(row.customer_no, row.customer_no)
    return {
        "customer_no": row.customer_no,
        "customer_name": name,
        "service": row.service.value,
        "reference_no": row.reference_no,
        "record_no": row.record_no,
    }
