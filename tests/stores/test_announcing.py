"""The letter about a membership: prepared and recorded once, and left to its manager where it cannot go."""

import pytest
from sqlmodel import select
from temporalio.testing import ActivityEnvironment

from activities.membership import MembershipActivities
from activities.ports import RefusedError, UnconfirmedError
from models.database import Database
from models.messages.qualification import MembershipGrant
from models.services import audit
from models.services.approval import steps
from models.services.by import By
from models.services.qualification import memberships
from models.services.retention import erasing
from models.stores.audit import AuditStore
from models.stores.customers import contacts_of
from models.tables.cases import Membership
from models.types import Door
from tests.support import world as worlds
from tests.support.sweep_rows import told_by
from tests.support.sweeping import Outbox, Started
from tests.support.waiting_cases import AT, before_final_approval


@pytest.fixture
def grant(database: Database) -> MembershipGrant:
    """The grant of a case that was approved just now."""
    world = worlds.build(database)
    with database.write() as session:
        waiting = before_final_approval(session, world, 1)
    with database.write() as session:
        steps.record_step(session, waiting.approval())
        return memberships.grant_of(session, waiting.state.case_id)


def _erase_whoever_is_written_to(database: Database, grant: MembershipGrant) -> None:
    why = erasing.Why("本人要求", By("system:command", Door.CLI), AT)
    with database.write() as session:
        for one in contacts_of(session, grant.customer_no):
            if one.email and one.consent:
                erasing.erase(session, one.id, why)


def _announce(database: Database, grant: MembershipGrant, outbox: Outbox) -> None:
    ActivityEnvironment().run(MembershipActivities(database, outbox, Started(database)).announce, grant)


def _audited(database: Database) -> list[str]:
    with database.read() as session:
        entries = list(AuditStore(session).all())
    assert audit.verify(entries).broken_at is None
    return [entry.action for entry in entries]


def _is_told(database: Database) -> bool:
    with database.read() as session:
        return session.exec(select(Membership)).one().notified_at is not None


def test_a_letter_that_waits_is_written_anew_without_somebody_who_was_erased(
    database: Database, grant: MembershipGrant
) -> None:
    with database.write() as session:
        letter = memberships.prepare_letter(session, grant)
    _erase_whoever_is_written_to(database, grant)
    with database.write() as session:
        again = memberships.prepare_letter(session, grant)
        assert letter is not None
        assert letter.to
        assert again == letter.model_copy(update={"to": ()})
        assert memberships.prepare_letter(session, grant) == again


def test_a_letter_is_sent_and_recorded_once(database: Database, grant: MembershipGrant) -> None:
    outbox = Outbox()
    for _ in range(2):
        _announce(database, grant, outbox)
    assert outbox.keys() == [f"membership-{grant.case_id}"]
    assert _audited(database)[-2:] == ["approve", "notify_customer"]
    assert _is_told(database)


def test_without_a_way_out_the_same_letter_is_tried_again(database: Database, grant: MembershipGrant) -> None:
    outbox = Outbox(failures=[OSError("no mail server")])
    with pytest.raises(OSError, match="no mail server"):
        _announce(database, grant, outbox)
    _announce(database, grant, outbox)
    assert (len(outbox.keys()), _is_told(database)) == (1, True)


@pytest.mark.parametrize(
    ("failure", "template"),
    [
        (RefusedError("SMTP 550"), "membership_by_hand"),
        (UnconfirmedError("TimeoutError"), "membership_unconfirmed"),
        (None, "membership_by_hand"),
    ],
    ids=["refused", "broken off", "nobody to write to"],
)
def test_what_cannot_arrive_is_left_to_the_manager(
    database: Database, grant: MembershipGrant, failure: Exception | None, template: str
) -> None:
    if failure is None:
        _erase_whoever_is_written_to(database, grant)
    outbox = Outbox(failures=[failure])
    for _ in range(2):
        _announce(database, grant, outbox)
    assert told_by(database, template) == [f"{template}:{grant.case_id}:{grant.manager_id}"]
    assert (outbox.keys(), _is_told(database)) == ([], False)
    assert _audited(database).count("customer_not_notified") == 1
