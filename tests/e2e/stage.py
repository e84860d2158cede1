"""People in a real browser on a whole copy of Greenlane; what the console or axe complains of is kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).parents[2]
ARTIFACTS = ROOT / "artifacts" / "story"
AXE = (ROOT / "tests" / "vendor" / "axe" / "axe.min.js").read_text("utf-8")
PASSWORD = "greenlane-demo"
DESK, PHONE = (1280, 1000), (390, 844)


class Story:
    """One browser on one copy; whatever the console or the content policy complains of is kept."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser = browser
        self.address = address
        self.complaints: list[str] = []
        self.serious: list[str] = []
        self.shots = 0

    def sign_in(self, login: str, size: tuple[int, int] = DESK) -> Page:
        """A person in a browser of its own."""
        context: BrowserContext = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]}, locale="zh-CN", timezone_id="Asia/Shanghai"
        )
        page = context.new_page()
        page.on(
            "console",
            lambda message: self._complain(f"{message.text} {message.location}") if message.type == "error" else None,
        )
        page.on("pageerror", lambda error: self._complain(str(error)))
        page.goto(f"{self.address}/sign-in")
        page.fill("#login", login)
        page.fill("#password", PASSWORD)
        page.get_by_role("button", name="登录", exact=True).click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
        return page

    def look(self, page: Page, name: str) -> None:
        """Keep a picture, and what axe finds wrong."""
        self.shots += 1
        page.screenshot(path=ARTIFACTS / f"{self.shots:02}-{name}.png")
        page.evaluate(AXE)
        report: dict[str, Any] = page.evaluate("axe.run()")
        self.serious += [
            f"{name}: {violation['id']} {violation['nodes'][0]['target']}"
            for violation in report["violations"]
            if violation["impact"] in {"serious", "critical"}
        ]

    def _complain(self, text: str) -> None:
        self.complaints.append(text)


@contextmanager
def signed_in_api(address: str, login: str) -> Iterator[httpx2.Client]:
    """The same person over HTTP."""
    with httpx2.Client(base_url=address, timeout=30) as client:
        token = client.post("/api/v1/tokens", json={"login": login, "password": PASSWORD}).json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client
