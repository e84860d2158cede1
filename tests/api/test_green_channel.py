"""Green channel over HTTP: what a customer is promised, every act, who sees what, and the customer's own link."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from models.messages.service import ServiceState
from models.rules import calendar as cal
from models.services.servicing import confirmation
from models.services.sign_in import digest
from models.stores.services import ConfirmationLinkStore
from models.tables.cases import Case
from tests.support import world
from tests.support.green import CLAIM, GREEN, Desk, desk_on

LONG_AGO = "2026-03-04T02:00:00Z"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """People, VIPs and counters on the application."""
    async with desk_on(tmp_path) as found:
        yield found


def _problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_from_intake_to_confirmation(desk: Desk) -> None:
    made = await desk.take_in(remark="出院小结后补")
    assert made["record_no"].startswith("GC-BJ-")
    assert (made["stage"], made["tier"], made["code"]) == ("received", "silver", "Z04")
    assert made["limit"] == {"unit": "working_days", "value": 5}
    assert made["regular_limit"] == {"unit": "working_days", "value": 7}
    assert made["remark"] == "出院小结后补"
    assert (made["waits_for"], made["role"], made["clock_state"]) == ("BR_CTR", "BR_CTR", "running")
    accepted = await desk.done("ctr", made, "accept")
    assert (accepted["stage"], accepted["handler_name"]) == ("accepted", "何柜面")
    paused = await desk.done("ctr", made, "pause", reason="waiting_for_customer", comment="等出院小结")
    assert (paused["stage"], paused["clock_state"], paused["overdue"]) == ("paused", "paused", False)
    resumed = await desk.done("ctr", made, "resume")
    assert resumed["due_at"] >= made["due_at"]
    finished = await desk.done("ctr", made, "complete", result="已赔付")
    assert (finished["stage"], finished["in_time"], finished["result"]) == ("awaiting_confirmation", True, "已赔付")
    assert [clock["name"] for clock in finished["clocks"]] == ["complete", "confirm"]
    closed = await desk.done("ctr", made, "confirm", satisfied=True, proof="电话回访录音 0123")
    assert (closed["stage"], closed["outcome"], closed["satisfied"]) == ("closed", "completed", True)
    assert [act["act"] for act in closed["timeline"]] == ["open", "accept", "pause", "resume", "complete", "confirm"]
    assert closed["next_task_id"] is None


async def test_the_same_request_is_one_case_and_another_of_its_reference_is_refused(desk: Desk) -> None:
    made = await desk.take_in()
    again = await desk.api("ctr").post(GREEN, json={"customer_no": world.SILVER, **CLAIM})
    assert (again.status_code, again.json()["case_id"]) == (200, made["case_id"])
    other = await desk.api("ctr").post(GREEN, json={"customer_no": world.GOLD, **CLAIM})
    assert _problem(other) == (409, "duplicate_case")
    assert other.json()["context"]["case_id"] == made["case_id"]


async def test_a_past_receipt_may_be_overdue_at_once_and_then_wants_its_reason(desk: Desk) -> None:
    made = await desk.take_in(received_at=LONG_AGO)
    assert made["overdue"] is True
    await desk.done("ctr", made, "accept")
    assert _problem(await desk.act("ctr", made, "complete")) == (422, "late_reason_required")
    late = await desk.done("ctr", made, "complete", late_reason="系统停机")
    assert (late["in_time"], late["late_reason"]) == (False, "系统停机")


@pytest.mark.parametrize(
    ("customer", "service", "code", "limit", "regular"),
    [
        (world.GOLD, "issue", "Z02", ("working_days", 2), ("working_days", 5)),
        (world.SILVER, "endorsement", "Z03", ("working_days", 2), ("working_days", 3)),
        (world.SMALL, "endorsement", "17(2)", ("working_days", 3), ("working_days", 3)),
        (world.SMALL, "simple_endorsement", "17(2)", ("same_day", None), ("same_day", None)),
        (world.GOLD, "investigated_claim", "Z05", ("working_days", 10), ("working_days", 15)),
        (world.GOLD, "visit", "Z06", ("working_hours", 4), None),
    ],
)
async def test_the_deadline_is_known_before_anything_is_sent(
    desk: Desk, *, customer: str, service: str, code: str, limit: tuple[str, int | None], regular: Any
) -> None:
    asked = {"customer_no": customer, "service": service, "received_at": LONG_AGO}
    answer = await desk.api("ctr").get(f"{GREEN}/due", params=asked)
    assert answer.status_code == 200, answer.text
    due = answer.json()
    assert (due["code"], due["limit"]["unit"], due["limit"]["value"]) == (code, *limit)
    assert regular is None or (due["regular_limit"]["unit"], due["regular_limit"]["value"]) == regular
    made = await desk.take_in(customer_no=customer, service=service, received_at=LONG_AGO)
    assert (made["due_at"], made["provisional"]) == (due["due_at"], due["provisional"])


async def test_five_working_days_of_a_claim_end_at_close(desk: Desk) -> None:
    asked = {"customer_no": world.SILVER, "service": "claim", "received_at": "2026-09-30T02:00:00Z"}
    due = (await desk.api("ctr").get(f"{GREEN}/due", params=asked)).json()
    assert due["due_at"] == "2026-10-13T09:30:00Z"


async def test_a_visit_is_for_vips_and_a_renewal_names_its_policy(desk: Desk) -> None:
    ctr = desk.api("ctr")
    visit = await ctr.get(f"{GREEN}/due", params={"customer_no": world.SMALL, "service": "visit"})
    assert _problem(visit) == (422, "not_eligible")
    renewal = {"customer_no": world.GOLD, "service": "renewal"}
    assert _problem(await ctr.get(f"{GREEN}/due", params=renewal)) == (422, "invalid_input")
    named = await ctr.get(f"{GREEN}/due", params=renewal | {"policy_no": f"{world.GOLD}-{world.YEAR}"})
    assert named.status_code == 200
    assert cal.local_date(datetime.fromisoformat(named.json()["due_at"])).isoformat() >= "2025-09-30"


async def test_whoever_may_not_is_refused_and_another_branch_sees_nothing(desk: Desk) -> None:
    made = await desk.take_in()
    assert _problem(await desk.act("mgr", made, "accept")) == (403, "not_your_task")
    assert _problem(await desk.api("sh-ctr").get(f"{GREEN}/{made['case_id']}")) == (404, "not_found")
    assert (await desk.api("sh-ctr").get(GREEN)).json()["items"] == []
    shut = await desk.api("sh-ctr").post(f"{GREEN}/{made['case_id']}/accept", json={"version": 1})
    assert _problem(shut) == (404, "not_found")
    stale = await desk.api("ctr").post(f"{GREEN}/{made['case_id']}/accept", json={"version": 99})
    assert _problem(stale) == (409, "stale_version")
    assert _problem(await desk.act("ctr", made, "resume")) == (409, "wrong_stage")


async def test_a_customer_is_served_where_it_asks_and_its_owner_sees_it(desk: Desk) -> None:
    made = await desk.take_in("sh-ctr")
    assert (made["institution_code"], made["owning_institution_code"]) == ("SH", "BJ01")
    assert made["cross_region"] is True
    seen = (await desk.api("mgr").get(f"{GREEN}/{made['case_id']}")).json()
    assert seen["record_no"] == made["record_no"]
    assert (await desk.api("sh-ctr").get(f"/api/v1/customers/{world.SILVER}")).status_code == 404
    near = await desk.take_in("ctr", reference_no="CL-2")
    assert near["cross_region"] is False


async def test_the_list_is_pressing_first_and_narrows(desk: Desk) -> None:
    late = await desk.take_in(reference_no="CL-late", received_at=LONG_AGO)
    gold = await desk.take_in(reference_no="EN-gold", customer_no=world.GOLD, service="endorsement")
    calm = await desk.take_in(reference_no="CL-calm")
    api = desk.api("ctr")

    async def numbers(**asked: Any) -> list[str]:
        answer = await api.get(GREEN, params=asked)
        assert answer.status_code == 200, answer.text
        return [item["reference_no"] for item in answer.json()["items"]]

    assert await numbers() == ["CL-late", "EN-gold", "CL-calm"]
    assert await numbers(overdue=True) == ["CL-late"]
    assert await numbers(service="endorsement") == ["EN-gold"]
    assert await numbers(tier="gold") == ["EN-gold"]
    assert await numbers(q="en-go") == ["EN-gold"]
    assert await numbers(customer_no=world.SILVER) == ["CL-late", "CL-calm"]
    assert await numbers(due_before=datetime.now(UTC).isoformat()) == ["CL-late"]
    assert await numbers(institution_code="BJ01") == ["CL-late", "EN-gold", "CL-calm"]
    await desk.done("ctr", calm, "cancel", comment="客户撤回")
    assert await numbers(stage="cancelled") == ["CL-calm"]
    assert await numbers() == ["CL-late", "EN-gold"]
    first = (await api.get(GREEN, params={"limit": 1})).json()
    second = (await api.get(GREEN, params={"limit": 1, "cursor": first["next_cursor"]})).json()
    assert [first["items"][0]["case_id"], second["items"][0]["case_id"]] == [late["case_id"], gold["case_id"]]


async def test_the_lead_gives_it_to_somebody_of_the_desk(desk: Desk) -> None:
    made = await desk.take_in()
    to = {login: str(number) for login, number in desk.people.items()}
    assert _problem(await desk.act("lead", made, "assign", to=to["mgr"])) == (422, "bad_transfer_target")
    given = await desk.done("lead", made, "assign", to=to["ctr"], comment="请优先")
    assert (given["handler_name"], given["timeline"][-1]["to_name"]) == ("何柜面", "何柜面")


def secret_of(desk: Desk, case_id: str) -> str:
    """The secret of the customer's link, as the page of the request shows it."""
    with desk.database.read() as session:
        case = session.get(Case, desk.record(case_id).case_id)
        assert case is not None
        return confirmation.secret_of(ServiceState.model_validate(case.state))


async def _finished(desk: Desk) -> tuple[dict[str, Any], str]:
    made = await desk.take_in()
    await desk.done("ctr", made, "accept")
    await desk.done("ctr", made, "complete", result="已赔付")
    return made, f"/c/{secret_of(desk, made['case_id'])}"


async def _answer(desk: Desk, address: str, **fields: str) -> Any:
    customer = desk.clients.anonymous()
    page = await customer.get(address)
    token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    return await customer.post(
        address, data={"csrf_token": token, **fields}, headers={"Origin": "http://127.0.0.1:8000"}
    )


async def test_a_customer_confirms_once_by_its_own_link(desk: Desk) -> None:
    made, address = await _finished(desk)
    looked = await desk.clients.anonymous().get(address)
    assert looked.status_code == 200
    assert "CL-1" in looked.text
    assert "何柜面" not in looked.text, "the customer sees nothing of the people behind it"
    assert desk.record(made["case_id"]).confirmed_at is None, "looking confirms nothing"
    answer = await _answer(desk, address, satisfied="yes", remark="很快")
    assert answer.status_code == 200, answer.text
    record = desk.record(made["case_id"])
    assert (record.satisfied, record.confirmed_by, record.confirmation) == (True, "customer:link", "很快")
    assert (await desk.clients.anonymous().get(address)).status_code == 410


async def test_a_customer_that_is_not_satisfied_sends_it_back_and_gets_a_new_link(desk: Desk) -> None:
    made, address = await _finished(desk)
    assert (await _answer(desk, address, satisfied="no", remark="金额不对")).status_code == 200
    now = (await desk.api("ctr").get(f"{GREEN}/{made['case_id']}")).json()
    assert (now["stage"], now["satisfied"], now["round"]) == ("handling", False, 2)
    assert (await desk.clients.anonymous().get(address)).status_code == 410
    await desk.done("ctr", made, "complete", result="已补足")
    assert f"/c/{secret_of(desk, made['case_id'])}" != address


async def test_a_link_that_was_never_given_or_ran_out_shows_a_telephone_only(desk: Desk) -> None:
    made, address = await _finished(desk)
    unknown = await desk.clients.anonymous().get("/c/no-such-link")
    assert unknown.status_code == 410
    assert "95511" in unknown.text
    assert "sign-in" not in unknown.text
    with desk.database.write() as session:
        row = ConfirmationLinkStore(session).get(digest(address.removeprefix("/c/")))
        assert row is not None
        row.expires_at = datetime.now(UTC) - timedelta(minutes=1)
        session.add(row)
    assert (await desk.clients.anonymous().get(address)).status_code == 410
    assert desk.record(made["case_id"]).confirmed_at is None


async def test_an_answer_must_be_chosen(desk: Desk) -> None:
    made, address = await _finished(desk)
    refused = await _answer(desk, address, remark="还没想好")
    assert refused.status_code == 422
    assert "还没想好" in refused.text
    assert desk.record(made["case_id"]).confirmed_at is None


ADVANCE = {"service": "advance_payment", "undisputed_amount": "500000", "advance_amount": "250000.00"}


async def test_an_advance_above_the_authority_of_the_branch_is_head_office_s_and_the_branch_sees_it(
    desk: Desk,
) -> None:
    made = await desk.take_in(customer_no=world.GOLD, **ADVANCE)
    assert (made["code"], made["role"], made["institution_code"]) == ("C8", "HQ_VIP", "HQ")
    assert (made["undisputed_amount"], made["advance_amount"]) == ("500000.00", "250000.00")
    assert _problem(await desk.act("ctr", made, "accept")) == (403, "not_your_task")
    done = await desk.done("hq-vip", made, "accept")
    assert done["handler_name"] == "孙倩"


async def test_what_gold_may_ask_for_besides_is_refused_with_its_reason(desk: Desk) -> None:
    ctr = desk.api("ctr")
    silver = await ctr.post(GREEN, json={"customer_no": world.SILVER, "reference_no": "A-1", **ADVANCE})
    assert _problem(silver) == (422, "not_eligible")
    assert "金牌VIP客户的超值服务" in silver.json()["detail"]
    more = ADVANCE | {"customer_no": world.GOLD, "reference_no": "A-1", "advance_amount": "250000.01"}
    over = await ctr.post(GREEN, json=more)
    assert [(entry["field"], entry["message"]) for entry in over.json()["errors"]] == [
        ("advance_amount", "超过无争议金额的可预付比例，请减少。")
    ]
    alone = {"customer_no": world.GOLD, "service": "coordination", "reference_no": "A-1"}
    assert (await ctr.post(GREEN, json=alone)).json()["errors"][0]["field"] == "remark"
    assert (await ctr.post(GREEN, json=alone | {"remark": "上海另有两百人"})).status_code == 201
