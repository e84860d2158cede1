"""The rooms of serving customers in a real Chromium: accessible, no wider than the screen, nothing against the policy.

Drawn from records rather than from samples: a request, a serious complaint, an inquiry, a visit, and a member.
"""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from pydantic import SecretStr
from sqlmodel import Session, select

from api.app import create_app
from api.pages.quarter_view import quarter_href
from api.security.sessions import cookie_name
from models.messages.quarter import RecordPeriodOpening
from models.service_types import ComplaintGrade, ComplaintSheet
from models.services.by import By
from models.services.quarter import closing
from models.services.retention import erasing, holds
from models.services.sign_in import open_session
from models.settings import Settings
from models.stores.customers import contacts_of
from models.tables.cases import Case
from models.tables.service import ComplaintRecord, GreenChannelRecord
from models.tables.spend import SpendPlan
from models.types import CaseKind, ContactKind, Door, Role, Tier
from tests.support import quarters, serving, world
from tests.support.assessed import YEAR, assess
from tests.support.care_members import add_contact, plan, running_member
from tests.support.gateways import DeadGateway
from tests.support.launch_rows import draft_launch
from tests.support.organisation import add_person
from tests.support.service_desk import due, taken_in
from tests.support.world import World

pytestmark = pytest.mark.browser

AXE = (Path(__file__).parent.parent / "vendor" / "axe" / "axe.min.js").read_text("utf-8")
SERIOUS = {"serious", "critical"}
LOOKS = (("1280", "light", "zh"), ("390", "dark", "en"))
Rooms = dict[str, tuple[str, str]]
"""Per name: who reads, and the address."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A silver VIP with something in every room, and a gold member whose year is planned."""
    found = serving.with_counter(world.build(world.new_database(tmp_path_factory.mktemp("rooms"))))
    with found.database.write() as session:
        serving.make_vip(session, found, world.SILVER, Tier.SILVER)
        for name in ("乙", "丙"):
            add_contact(session, world.GOLD, ContactKind.HANDLER, name, consent=name == "乙")
        plan(session, running_member(session, found, world.GOLD, Tier.GOLD), "granted", datetime.now(UTC))
        assess(session, found, datetime.now(UTC))
        found.accounts["sec"] = add_person(session, "sec", "HQ", Role.SEC_ADMIN).id
        _erase_and_hold(session, found)
    now = datetime.now(UTC)
    for more in ({}, {"reference_no": "CL-2026-0117"}):
        taken_in(found.database, serving.request(found, received_at=now, **more))
    grave = {"sheet": ComplaintSheet.COMPLAINT, "grade": ComplaintGrade.SERIOUS}
    taken_in(found.database, serving.complaint(found, received_at=now, **grave))
    taken_in(found.database, serving.complaint(found, received_at=now, sheet=ComplaintSheet.INQUIRY))
    draft_launch(found)
    yield found
    found.database.dispose()


def _erase_and_hold(session: Session, found: World) -> None:
    """One of the gold customer's people is erased, and the customer of the branch is held."""
    by, now = By("system:command", Door.CLI), datetime.now(UTC)
    erased = next(one for one in contacts_of(session, world.GOLD) if one.name == "丙")
    erasing.erase(session, erased.id, erasing.Why("本人要求", by, now))
    holds.place(session, holds.Held(world.BRANCH_OWNED), holds.Because("诉讼", found.accounts["sec"], by, now))


@pytest.fixture(scope="module")
def rooms(served: World) -> Rooms:
    """Every page of the rooms."""
    visit = due(served, "Z11", "festival_greeting", "春节")
    quarter = quarters.last_quarter()
    with served.database.write() as session:
        opening = RecordPeriodOpening(start=quarters.start(served, quarter), at=datetime.now(UTC))
        closed = closing.record_opening(session, opening).state
    with served.database.read() as session:
        request = session.exec(select(GreenChannelRecord)).first()
        complaint = session.exec(select(ComplaintRecord)).first()
        launch = session.exec(select(Case.id).where(Case.kind == CaseKind.ROLLOUT)).one()
    assert request is not None
    assert complaint is not None
    gold, silver = world.GOLD, world.SILVER
    return {
        "green-board": ("ctr", "/green-channel"),
        "green-list": ("ctr", "/green-channel?view=list"),
        "green-intake": ("ctr", f"/green-channel/new?customer_no={silver}"),
        "green-case": ("ctr", f"/green-channel/{request.case_id}"),
        "complaint-desk": ("svc", "/complaints"),
        "complaint-register": ("svc", f"/complaints/new?sheet=complaint&customer_no={silver}"),
        "complaint-case": ("svc", f"/complaints/{complaint.case_id}"),
        "care-month": ("mgr", "/care?month=2026-03"),
        "touchpoint": ("mgr", f"/care/touchpoints/{visit}"),
        "touchpoint-new": ("mgr", f"/care/touchpoints/new?customer_no={gold}"),
        "customer": ("mgr", f"/customers/{gold}"),
        "key-contacts": ("mgr", f"/customers/{gold}/key-contacts"),
        "retention": ("sec", "/admin/retention"),
        "erasing": ("sec", f"/admin/retention/people/{gold}"),
        "erasing-held": ("sec", f"/admin/retention/people/{world.BRANCH_OWNED}"),
        "quarter": ("hq-vip", quarter_href(quarter)),
        "quarter-branch": ("svc", quarter_href(quarter, quarters.BRANCH)),
        "quarter-task": ("svc", f"/tasks/{closed.tasks[0].task_id}"),
        "form-2": ("svc", f"/forms/2/{closed.case_id}"),
        "form-3": ("ctr", f"/forms/3/{request.case_id}"),
        "spend-year": ("svc", f"/reports/spend/{world.YEAR}"),
        "spend-customer": ("mgr", f"/reports/spend/{world.YEAR}/{gold}"),
        "spend-line": ("svc", f"/reports/spend/{world.YEAR}/{gold}?code=Z08"),
        "spend-ask": ("mgr", f"/reports/spend/{world.YEAR}/{gold}/over-limit"),
        "spend-gifts": ("lead", f"/reports/spend/{datetime.now(UTC).year}/benefits"),
        "form-7": ("svc", f"/forms/7/{_estimate(served)}"),
        "form-8": ("svc", f"/forms/8/{launch}"),
        "form-batches": ("svc", "/forms/batch"),
        "rollout": ("hq-vip", "/rollout"),
        "rollout-own": ("svc", "/rollout"),
        "rollout-move": ("hq-vip", f"/rollout/{launch}/items/3/reschedule"),
        "assessment": ("hq-vip", f"/reports/assessment/{YEAR}"),
        "assessment-branch": ("lead", f"/reports/assessment/{YEAR}/BJ"),
        "assessment-facts": ("lead", f"/reports/assessment/{YEAR}/BJ/facts/on_time_rate"),
        "assessment-appeal": ("lead", f"/reports/assessment/{YEAR}/BJ/appeal?item=on_time_rate"),
        "assessment-veto": ("hq-vip", f"/reports/assessment/{YEAR}/BJ/veto"),
        "duties": ("mgr", "/duties?role=all"),
    }


def _estimate(served: World) -> UUID:
    with served.database.read() as session:
        return session.exec(select(SpendPlan.id).where(SpendPlan.customer_no == world.GOLD)).one()


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Of a home of its own."""
    return Settings(home=tmp_path_factory.mktemp("home"), secret_key=SecretStr(world.SECRET))


@pytest.fixture(scope="module")
def address(settings: Settings, served: World) -> Iterator[str]:
    """Where the application answers."""
    app = create_app(settings, served.database, DeadGateway())
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 15
    while not server.started:
        assert time.monotonic() < deadline, "the application did not start"
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    """One Chromium for the module."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def secrets(served: World) -> dict[str, str]:
    """Sessions of the readers."""
    with served.database.write() as session:
        return {
            login: open_session(session, served.accounts[login], user_agent="tests", now=datetime.now(UTC))
            for login in ("ctr", "svc", "mgr", "lead", "hq-vip", "sec")
        }


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("width", "theme", "language"), LOOKS)
def test_accessible_no_wider_than_the_screen_and_within_the_policy(
    browser: Browser,
    address: str,
    settings: Settings,
    secrets: dict[str, str],
    rooms: Rooms,
    *,
    width: str,
    theme: str,
    language: str,
) -> None:
    context = browser.new_context(viewport={"width": int(width), "height": 844})
    found: list[str] = []
    for name, (login, path) in rooms.items():
        context.add_cookies([{"name": cookie_name(settings), "value": secrets[login], "url": address}])
        url = f"{address}{path}{'&' if '?' in path else '?'}theme={theme}&lang={language}"
        found += [f"{name}: {fault}" for fault in faults_of(context, url, int(width))]
    context.close()
    assert found == []


def faults_of(context: BrowserContext, url: str, width: int) -> list[str]:
    """What is wrong with a page whose folded forms are open."""
    page, found = context.new_page(), list[str]()
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    answer = page.goto(url)
    assert answer is not None
    assert (answer.status, page.url) == (200, url)
    page.evaluate("document.querySelectorAll('main details').forEach((fold) => { fold.open = true })")
    if page.evaluate("document.documentElement.scrollWidth") > width:
        found.append(f"wider than {width}")
    page.evaluate(AXE)
    report = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    found += [
        f"{violation['id']} {violation['nodes'][0]['html'][:160]}"
        for violation in report["violations"]
        if violation["impact"] in SERIOUS
    ]
    page.close()
    return found


def test_a_refused_form_stays_open(
    browser: Browser, address: str, settings: Settings, secrets: dict[str, str], rooms: Rooms
) -> None:
    """The old page and the new stand beside each other for a moment of a swap."""
    login, path = rooms["quarter-task"]
    context = browser.new_context()
    context.add_cookies([{"name": cookie_name(settings), "value": secrets[login], "url": address}])
    page = context.new_page()
    page.goto(f"{address}{path}")
    form = page.locator("form[action$='/acts/pause']")
    form.locator("xpath=ancestor::details").locator("summary").click()
    form.evaluate("(form) => { form.noValidate = true }")
    with page.expect_response("**/acts/pause") as refused:
        form.locator("button").click()
    assert refused.value.status in {422, 503}
    page.locator("[data-gl-focus]").wait_for()
    assert form.is_visible()
    context.close()
