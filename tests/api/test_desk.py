"""Around a task over HTTP, on records alone: claim, release, snooze, copy, comment, ask, answer, urge."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlmodel import select

from models.database import Database
from models.stores.audit import AuditStore
from models.tables.desk import CaseAttachment, Urge
from models.tables.messages import Notification
from models.types import Role
from tests.support import desk_world as world
from tests.support.clients import Clients
from tests.support.organisation import add_person

API = "/api/v1"
PDF = b"%PDF-1.4 receipt"


@dataclass(frozen=True)
class Desk:
    """The case, its open task, and the people by login."""

    clients: Clients
    database: Database
    case_id: UUID
    task_id: UUID
    people: dict[str, str]

    async def post(self, login: str, path: str, body: Any = None, key: str = "") -> httpx2.Response:
        headers = {"Idempotency-Key": key or uuid4().hex}
        return await self.clients.token(login).post(f"{API}{path}", json=body, headers=headers)

    async def on_task(self, login: str, verb: str, body: Any = None, key: str = "") -> httpx2.Response:
        return await self.post(login, f"/tasks/{self.task_id}/{verb}", body, key)

    async def on_case(self, login: str, verb: str, body: Any = None, key: str = "") -> httpx2.Response:
        return await self.post(login, f"/cases/{self.case_id}/{verb}", body, key)

    async def get(self, login: str, path: str) -> httpx2.Response:
        return await self.clients.token(login).get(f"{API}{path}")

    async def box(self, login: str, box: str) -> list[str]:
        answer = await self.get(login, f"/tasks?box={box}")
        assert answer.status_code == 200, answer.text
        return [item.get("task_id") or item["case_id"] for item in answer.json()["items"]]

    def told(self, template: str) -> set[str]:
        with self.database.read() as session:
            rows = session.exec(select(Notification).where(Notification.template == template)).all()
            return {login for login, account in self.people.items() if UUID(account) in {r.account_id for r in rows}}

    def audited(self) -> list[str]:
        with self.database.read() as session:
            return [entry.action for entry in AuditStore(session).of("case", str(self.case_id))]


@pytest.fixture
def desk(clients: Clients, organisation: Database) -> Desk:
    """A case of NO1 that waits for its unit, which two people lead."""
    with organisation.write() as session:
        add_person(session, "no1-unit2", "NO1", Role.UNIT_LEAD)
        case_id = world.declare(session)
        logins = ("no1-unit", "no1-unit2", "no1-mgr", "no2-unit", "no-svc", "no-ctr", "so-svc", "sys-admin")
        people = {login: str(world.person(session, login).id) for login in logins}
        task_id = world.task_of(session, case_id).id
    return Desk(clients, organisation, case_id, task_id, people)


def _problem(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_the_first_claims_and_the_other_is_told_who(desk: Desk) -> None:
    claimed = await desk.on_task("no1-unit", "claim", key="claim-0001")
    assert claimed.status_code == 200, claimed.text
    assert (claimed.json()["state"], claimed.json()["assignee"]) == ("claimed", desk.people["no1-unit"])
    again = await desk.on_task("no1-unit", "claim", key="claim-0001")
    late = await desk.on_task("no1-unit2", "claim")
    assert again.json() == claimed.json()
    assert _problem(late) == (409, "already_claimed")
    assert late.json()["context"]["who"] == "人员no1-unit"
    assert await desk.box("no1-unit2", "queue") == await desk.box("no1-unit2", "todo") == []
    assert desk.audited().count("claim") == 1


async def test_a_claimed_task_is_decided_by_its_claimer_alone(desk: Desk) -> None:
    await desk.on_task("no1-unit", "claim")
    other = await desk.on_task("no1-unit2", "decide", {"verdict": "approve", "version": 1})
    assert _problem(other) == (409, "already_claimed")


async def test_release_gives_it_back_to_the_post(desk: Desk) -> None:
    assert _problem(await desk.on_task("no1-unit", "release")) == (409, "wrong_stage")
    await desk.on_task("no1-unit", "claim")
    assert _problem(await desk.on_task("no1-unit2", "release")) == (409, "already_claimed")
    released = await desk.on_task("no1-unit", "release")
    assert (released.status_code, released.json()["state"], released.json()["assignee"]) == (200, "open", None)
    assert await desk.box("no1-unit2", "queue") == [str(desk.task_id)]


async def test_only_who_could_decide_may_claim(desk: Desk) -> None:
    assert _problem(await desk.on_task("no-svc", "claim")) == (403, "not_your_task")
    assert _problem(await desk.on_task("no2-unit", "claim")) == (404, "not_found")
    assert _problem(await desk.on_task("no-ctr", "claim")) == (403, "not_your_task")


async def test_the_declarant_in_the_post_may_not_take_its_case_from_the_others(desk: Desk) -> None:
    with desk.database.write() as session:
        add_person(session, "both", "NO1", Role.UNIT_LEAD)
        case = world.case_of(session, desk.case_id)
        case.state = case.state | {"declared_by": str(world.person(session, "both").id)}
        session.add(case)
    assert _problem(await desk.on_task("both", "claim")) == (403, "own_case")


async def test_a_stand_in_claims_for_the_person_away(desk: Desk) -> None:
    with desk.database.write() as session:
        world.stand_in(session, "no1-unit", "no-svc")
    shown = await desk.get("no-svc", f"/tasks/{desk.task_id}")
    assert shown.json()["on_behalf_of"] == desk.people["no1-unit"]
    listed = (await desk.get("no-svc", "/tasks")).json()["items"]
    assert [item["on_behalf_of_name"] for item in listed] == ["人员no1-unit"]
    claimed = await desk.on_task("no-svc", "claim")
    assert claimed.json()["assignee"] == desk.people["no1-unit"], claimed.text
    with desk.database.read() as session:
        entry = next(e for e in AuditStore(session).of("case", str(desk.case_id)) if e.action == "claim")
        assert (entry.actor, entry.on_behalf_of) == (desk.people["no-svc"], desk.people["no1-unit"])
        assert entry.door == "stand_in"
    assert (await desk.on_task("no-svc", "release")).json()["state"] == "open"


async def test_snoozed_is_hidden_from_one_person_until_then(desk: Desk) -> None:
    until = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    answer = await desk.on_task("no1-unit", "snooze", {"until": until})
    assert answer.status_code == 200, answer.text
    assert await desk.box("no1-unit", "todo") == []
    assert await desk.box("no1-unit2", "todo") == [str(desk.task_id)]
    everything = await desk.get("no1-unit", "/tasks?snoozed=true")
    assert [item["task_id"] for item in everything.json()["items"]] == [str(desk.task_id)]
    assert (await desk.on_task("no1-unit", "snooze", {"until": None})).json()["snoozed_until"] is None
    assert await desk.box("no1-unit", "todo") == [str(desk.task_id)]


@pytest.mark.parametrize("ahead", [timedelta(minutes=-1), timedelta(days=31)])
async def test_snooze_ends_within_thirty_days(desk: Desk, ahead: timedelta) -> None:
    answer = await desk.on_task("no1-unit", "snooze", {"until": (datetime.now(UTC) + ahead).isoformat()})
    assert _problem(answer) == (422, "invalid_input")
    assert answer.json()["errors"][0]["field"] == "until"


async def test_somebody_elses_inbox_is_not_mine_to_snooze(desk: Desk) -> None:
    until = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    assert _problem(await desk.on_task("no-svc", "snooze", {"until": until})) == (403, "not_your_task")


async def test_a_copy_shows_one_case_and_no_other(desk: Desk) -> None:
    path = f"/cases/{desk.case_id}"
    assert (await desk.get("no2-unit", path)).status_code == 404
    body = {"people": [desk.people["no2-unit"]], "comment": "请知悉"}
    copied = await desk.on_task("no1-unit", "cc", body, key="cc-000001")
    again = await desk.on_task("no1-unit", "cc", body, key="cc-000001")
    assert copied.json() == again.json(), copied.text
    assert [person["account_id"] for person in copied.json()["people"]] == [desk.people["no2-unit"]]
    assert desk.told("cc") == {"no2-unit"}
    case = await desk.get("no2-unit", path)
    assert case.status_code == 200
    assert (await desk.get("no2-unit", f"/tasks/{desk.task_id}")).status_code == 200
    assert await desk.box("no2-unit", "cc") == [str(desk.case_id)]
    assert (await desk.get("no2-unit", "/cases")).json()["items"] == []
    decide = await desk.on_task("no2-unit", "decide", {"verdict": "approve", "version": 1})
    assert _problem(decide) == (403, "not_your_task")


async def test_a_copy_is_read_once(desk: Desk) -> None:
    await desk.on_task("no1-unit", "cc", {"people": [desk.people["no2-unit"]]})
    assert (await desk.get("no2-unit", "/tasks?box=cc")).json()["items"][0]["read_at"] is None
    await desk.on_case("no2-unit", "read")
    first = (await desk.get("no2-unit", "/tasks?box=cc")).json()["items"][0]["read_at"]
    await desk.on_case("no2-unit", "read")
    assert first is not None
    assert (await desk.get("no2-unit", "/tasks?box=cc")).json()["items"][0]["read_at"] == first


async def test_who_may_not_read_cases_gets_no_copy(desk: Desk) -> None:
    for login in ("sys-admin", "so-svc"):
        answer = await desk.on_task("no1-unit", "cc", {"people": [desk.people[login]]})
        assert _problem(answer) == (422, "invalid_input"), login
    unknown = await desk.on_task("no1-unit", "cc", {"people": [str(uuid4())]})
    assert unknown.json()["errors"][0]["reason"] == "unknown_person"


async def test_a_mention_tells_the_person_and_opens_the_case(desk: Desk) -> None:
    body = {"text": "请看附件", "mentions": [desk.people["no2-unit"]]}
    said = await desk.on_case("no1-unit", "comments", body, key="say-00001")
    assert said.status_code == 201, said.text
    assert (await desk.on_case("no1-unit", "comments", body, key="say-00001")).json() == said.json()
    other = await desk.on_case("no1-unit", "comments", body | {"text": "另一句"}, key="say-00001")
    assert _problem(other) == (422, "idempotency_conflict")
    assert desk.told("mentioned") == {"no2-unit"}
    thread = (await desk.get("no2-unit", f"/cases/{desk.case_id}/comments")).json()["items"]
    assert [(item["kind"], item["text"]) for item in thread] == [("comment", "请看附件")]
    assert thread[0]["mentions"] == [{"account_id": desk.people["no2-unit"], "name": "人员no2-unit"}]


async def test_a_comment_out_of_scope_is_not_found(desk: Desk) -> None:
    assert _problem(await desk.on_case("so-svc", "comments", {"text": "?"})) == (404, "not_found")
    assert (await desk.get("so-svc", f"/cases/{desk.case_id}/comments")).status_code == 404


def _file(name: str = "收据.pdf", content: bytes = PDF, media_type: str = "application/pdf") -> dict[str, str]:
    return {"name": name, "media_type": media_type, "content": base64.b64encode(content).decode()}


async def test_a_file_comes_back_as_a_download(desk: Desk) -> None:
    body = {"text": "收据", "attachments": [_file("..\\evil\\收据.pdf")]}
    assert (await desk.on_case("no1-unit", "comments", body)).status_code == 201
    thread = (await desk.get("no1-mgr", f"/cases/{desk.case_id}/comments")).json()["items"]
    (file,) = thread[0]["attachments"]
    assert (file["name"], file["size"], file["media_type"]) == ("收据.pdf", len(PDF), "application/pdf")
    path = f"/cases/{desk.case_id}/attachments/{file['attachment_id']}"
    answer = await desk.get("no1-mgr", path)
    assert answer.content == PDF
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''%E6%94%B6%E6%8D%AE.pdf"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert (await desk.get("so-svc", path)).status_code == 404
    with desk.database.read() as session:
        stored = session.connection().exec_driver_sql("select content from case_attachment").scalar_one()
        assert session.exec(select(CaseAttachment)).one().content == base64.b64encode(PDF).decode()
    assert base64.b64encode(PDF).decode() not in str(stored), "encrypted at rest"


@pytest.mark.parametrize(
    "file",
    [
        _file("page.html", b"<script>", "text/html"),
        _file("fake.pdf", b"MZ program"),
        _file("page.pdf", PDF, "text/html"),
        _file("empty.pdf", b""),
        _file(".pdf", PDF),
        _file("a\u202efdp.exe", b"MZ"),
        {"name": "a.pdf", "media_type": "application/pdf", "content": "not base64!"},
    ],
)
async def test_a_file_that_is_not_what_it_says_is_refused(desk: Desk, file: dict[str, str]) -> None:
    answer = await desk.on_case("no1-unit", "comments", {"text": "?", "attachments": [file]})
    assert _problem(answer) == (422, "invalid_input")
    assert (await desk.get("no1-unit", f"/cases/{desk.case_id}/comments")).json()["items"] == []


async def test_a_file_above_five_megabytes_is_refused(desk: Desk) -> None:
    large = _file(content=PDF + b"x" * (5 * 1024 * 1024))
    answer = await desk.on_case("no1-unit", "comments", {"text": "?", "attachments": [large]})
    assert _problem(answer) == (413, "file_too_large")
    assert "5 MB" in answer.json()["detail"]


async def test_a_question_moves_nothing_and_is_answered_by_who_was_asked(desk: Desk) -> None:
    asked = await desk.on_task("no1-unit", "ask", {"to": desk.people["no2-unit"], "text": "增员是否属实"})
    assert asked.status_code == 200, asked.text
    question = asked.json()["comment_id"]
    assert await desk.box("no1-unit", "todo") == [str(desk.task_id)]
    assert desk.told("asked") == {"no2-unit"}
    body = {"question_id": question, "text": "属实"}
    assert _problem(await desk.on_case("no1-unit2", "answers", body)) == (403, "not_your_task")
    answered = await desk.on_case("no2-unit", "answers", body, key="answer-01")
    assert answered.status_code == 201, answered.text
    assert (await desk.on_case("no2-unit", "answers", body, key="answer-01")).json() == answered.json()
    assert _problem(await desk.on_case("no2-unit", "answers", body)) == (409, "already_decided")
    assert desk.told("answered") == {"no1-unit"}
    items = (await desk.get("no1-mgr", f"/cases/{desk.case_id}/comments")).json()["items"]
    assert [(item["kind"], item["answers_id"]) for item in items] == [("ask", None), ("answer", question)]
    assert items[0]["answered_at"] is not None
    other = await desk.on_case("no2-unit", "answers", {"question_id": str(uuid4()), "text": "?"})
    assert _problem(other) == (404, "not_found")


async def test_urging_tells_the_holders_and_cools_down_in_office_minutes(desk: Desk) -> None:
    urged = await desk.on_case("no1-mgr", "urge", {"comment": "客户在等"}, key="urge-0001")
    assert urged.status_code == 200, urged.text
    assert urged.json()["next_urge_at"] is not None
    assert desk.told("urged") == {"no1-unit", "no1-unit2"}
    assert (await desk.on_case("no1-mgr", "urge", {"comment": "客户在等"}, key="urge-0001")).json() == urged.json()
    soon = await desk.on_case("no-svc", "urge", {})
    assert _problem(soon) == (429, "urge_too_soon")
    assert int(soon.headers["retry-after"]) > 0
    assert soon.json()["context"]["until"] == urged.json()["next_urge_at"].replace("Z", "+00:00")
    with desk.database.write() as session:
        row = session.exec(select(Urge)).one()
        row.at = datetime.now(UTC) - timedelta(days=30)
        session.add(row)
    assert (await desk.on_case("no-svc", "urge", {})).status_code == 200
    assert desk.audited().count("urge") == 2


async def test_a_claimed_task_is_urged_at_its_claimer_and_who_stands_in(desk: Desk) -> None:
    await desk.on_task("no1-unit", "claim")
    with desk.database.write() as session:
        world.stand_in(session, "no1-unit", "no-svc")
    await desk.on_case("no1-mgr", "urge", {})
    assert desk.told("urged") == {"no1-unit", "no-svc"}


async def test_signers_and_candidates_of_a_task(desk: Desk) -> None:
    signers = (await desk.get("no1-unit", f"/tasks/{desk.task_id}/signers")).json()
    assert (signers["needed"], signers["approved"], signers["missing"]) == (1, 0, ["1"])
    assert [(seat["role"], seat["state"]) for seat in signers["signers"]] == [("UNIT_LEAD", "open")]
    listed = (await desk.get("no1-unit", f"/tasks/{desk.task_id}/candidates?purpose=transfer")).json()
    found = {person["name"].removeprefix("人员"): person["why_not"] for person in listed}
    assert found["no1-unit2"] is found["no2-unit"] is found["no-svc"] is None
    assert found["no1-mgr"] == "bad_transfer_target"
    assert not {"no1-unit", "so1-unit", "so-svc", "sys-admin"} & set(found)
    copies = (await desk.get("no1-unit", f"/tasks/{desk.task_id}/candidates?purpose=cc")).json()
    assert {"audit", "no-ctr"} <= {person["name"].removeprefix("人员") for person in copies}


@pytest.fixture
def bodies(desk: Desk) -> dict[str, Any]:
    """A body for every verb that needs one."""
    return {
        "transfer": {"version": 1, "to": desk.people["no1-unit2"]},
        "delegate": {"version": 1, "to": desk.people["no1-unit2"]},
        "add-signer": {"version": 1, "to": desk.people["no-svc"], "position": "before"},
        "pause": {"version": 1, "reason": "waiting_for_customer"},
    }


@pytest.mark.parametrize("verb", ["transfer", "delegate", "add-signer", "pause"])
async def test_handing_over_by_who_does_not_hold_it(desk: Desk, bodies: dict[str, Any], verb: str) -> None:
    """Refused from the records, before any engine is asked."""
    assert _problem(await desk.on_task("no-svc", verb, bodies[verb])) == (403, "not_your_task")
    assert _problem(await desk.on_task("so-svc", verb, bodies[verb])) == (404, "not_found")
    assert _problem(await desk.on_task("no1-unit", verb, bodies[verb] | {"version": 9})) == (409, "stale_version")


async def test_operations_give_a_reason(desk: Desk) -> None:
    body = {"version": 1, "to": desk.people["no1-unit2"]}
    assert _problem(await desk.on_task("no1-unit", "reassign", body | {"comment": "休假"})) == (403, "not_allowed")
    assert _problem(await desk.on_task("ops", "reassign", body)) == (422, "invalid_input")
    override = {"verdict": "approve", "version": 1, "comment": " "}
    assert _problem(await desk.on_task("ops", "override", override)) == (422, "invalid_input")


async def test_more_tasks_than_the_rulebook_allows_are_refused_as_a_whole(desk: Desk) -> None:
    items = [{"task_id": str(uuid4()), "version": 1} for _ in range(51)]
    answer = await desk.post("no1-unit", "/tasks/bulk-decide", {"items": items, "verdict": "approve", "comment": ""})
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_input"
