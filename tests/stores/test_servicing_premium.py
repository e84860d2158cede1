"""Co-ordinator C7 and advance payment C8 in the records: for gold customers, by whose authority it is, counted."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from models.database import Database
from models.errors import DomainError, ErrorCode
from models.messages.service_acts import AcceptService, CompleteService
from models.rulebook import load_builtin
from models.service_types import GreenService
from models.services.promises import promises
from models.stores.services import ServiceStore, cities_of
from models.tables.organisation import Institution
from models.tables.service import GreenChannelRecord
from models.types import Role, Tier
from tests.support import service_rows, serving, world
from tests.support.serving import RECEIVED, Served, actor, opened, request
from tests.support.world import GOLD, SILVER, World

ADVANCE = {"undisputed_amount": Decimal(400_000), "advance_amount": Decimal(200_000)}


@pytest.fixture
def insurer(database: Database) -> World:
    """The insurer with a counter and a customer of either tier."""
    people = serving.with_counter(world.build(database))
    with database.write() as session:
        serving.make_vip(session, people, GOLD, Tier.GOLD)
        serving.make_vip(session, people, SILVER, Tier.SILVER)
        shanghai = session.get(Institution, "SH")
        assert shanghai is not None
        shanghai.city = "上海"
        session.add(shanghai)
    return people


def _asked(insurer: World, service: GreenService, **more: Any) -> Served:
    return opened(insurer, request(insurer, **{"customer_no": GOLD, "service": service, **more}))


def _refused(insurer: World, service: GreenService, **more: Any) -> DomainError:
    with pytest.raises(DomainError) as caught:
        _asked(insurer, service, **more)
    return caught.value


def _form(found: Served) -> GreenChannelRecord:
    with found.world.database.read() as session:
        row = ServiceStore(session).green_channel(found.state.case_id)
        assert row is not None
        return row


def test_a_coordinator_sits_at_head_office_and_answers_within_a_working_day(insurer: World) -> None:
    found = _asked(insurer, GreenService.COORDINATION, comment="上海、广州均有员工")
    form = _form(found)
    assert (found.state.role, found.state.institution_code) == (Role.HQ_VIP, "HQ")
    assert (found.state.lead_role, found.state.lead_institution_code) == (Role.HQ_LEAD, "HQ")
    assert (form.code, form.limit_unit, form.limit_value) == ("C7", "working_days", 1)
    assert form.record_no == "GC-HQ-2026-00001"
    assert form.due_at == datetime(2026, 3, 5, 9, 30, tzinfo=UTC), "Thursday 17:30, the working day after"


def test_where_the_records_know_one_city_the_others_are_named(insurer: World) -> None:
    error = _refused(insurer, GreenService.COORDINATION)
    assert error.context["errors"] == [{"field": "remark", "reason": "other_cities"}]
    with insurer.database.write() as session:
        assert cities_of(session, GOLD, "BJ01") == {"北京"}
        assert cities_of(session, GOLD, "SH") == {"北京", "上海"}, "it asks there now"
        service_rows.add_green_channel(session, GOLD, "SH", "王女士")
    assert _asked(insurer, GreenService.COORDINATION).state.role is Role.HQ_VIP, "it was served there before"


@pytest.mark.parametrize(
    ("undisputed", "advance", "served"),
    [
        (400_000, 200_000, (Role.BR_CTR, "BJ", Role.BR_LEAD, "BJ")),
        (400_002, 200_001, (Role.HQ_VIP, "HQ", Role.HQ_LEAD, "HQ")),
    ],
)
def test_an_advance_is_paid_by_the_branch_and_above_its_authority_by_head_office(
    insurer: World, undisputed: int, advance: int, served: tuple[Role, str, Role, str]
) -> None:
    amounts = {"undisputed_amount": Decimal(undisputed), "advance_amount": Decimal(advance)}
    found = _asked(insurer, GreenService.ADVANCE_PAYMENT, **amounts)
    state, form = found.state, _form(found)
    assert (state.role, state.institution_code, state.lead_role, state.lead_institution_code) == served
    assert (form.code, form.limit_value) == ("C8", 3)
    assert (form.undisputed_amount, form.advance_amount) == (Decimal(undisputed), Decimal(advance))
    assert form.due_at == datetime(2026, 3, 9, 9, 30, tzinfo=UTC), "Monday: Saturday and Sunday are off"


@pytest.mark.parametrize(
    ("service", "more", "wrong"),
    [
        (GreenService.ADVANCE_PAYMENT, {}, {"undisputed_amount", "advance_amount"}),
        (GreenService.ADVANCE_PAYMENT, ADVANCE | {"advance_amount": Decimal("200000.01")}, {"advance_amount"}),
        (GreenService.CLAIM, ADVANCE, {"undisputed_amount", "advance_amount"}),
    ],
)
def test_an_advance_names_both_amounts_and_stays_under_half(
    insurer: World, service: GreenService, more: dict[str, Any], wrong: set[str]
) -> None:
    error = _refused(insurer, service, **more)
    assert error.code is ErrorCode.INVALID_INPUT
    assert {entry["field"] for entry in error.context["errors"]} == wrong


@pytest.mark.parametrize("service", [GreenService.COORDINATION, GreenService.ADVANCE_PAYMENT])
def test_both_are_for_gold_customers_and_the_refusal_says_so(insurer: World, service: GreenService) -> None:
    error = _refused(insurer, service, customer_no=SILVER, comment="上海", **ADVANCE)
    assert error.code is ErrorCode.NOT_ELIGIBLE
    assert error.context["reason"].endswith("为金牌VIP客户的超值服务")
    assert error.context["reason_en"].endswith("premium service for gold VIP customers")


def test_the_customer_s_promises_count_them(insurer: World) -> None:
    found = _asked(insurer, GreenService.ADVANCE_PAYMENT, **ADVANCE)
    _asked(insurer, GreenService.COORDINATION, comment="上海")
    counter = serving.counter(insurer)
    found.act(AcceptService, RECEIVED, **counter)
    found.act(CompleteService, RECEIVED, **serving.counter(insurer), result="已预付")
    with insurer.database.read() as session:
        lines = promises(session, GOLD, load_builtin(), RECEIVED).lines
    kept = {line.entry.code: (line.kept.due, line.kept.done, line.kept.open) for line in lines}
    assert (kept["C7"], kept["C8"]) == ((1, 0, 1), (1, 1, 0))


def test_head_office_works_on_what_waits_there(insurer: World) -> None:
    found = _asked(insurer, GreenService.COORDINATION, comment="上海")
    found.act(AcceptService, RECEIVED, **actor(insurer, "hq-vip", (Role.HQ_VIP, "HQ")))
    assert found.state.handler_id == insurer.accounts["hq-vip"]
