"""People with addresses, and the rows of what they were told."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from sqlmodel import Session, col, select

from models.stores.accounts import AccountStore
from models.tables.messages import ChannelPreference, Delivery, Notification
from models.tables.organisation import Account
from tests.support.ports import free_port
from tests.support.waiting_cases import AT


def account(session: Session, login: str) -> Account:
    """A person's row."""
    found = AccountStore(session).by_login(login)
    assert found is not None
    return found


def with_address(session: Session, login: str, **wishes: Any) -> Account:
    """A person with a mail address, and with what it chose when anything is given."""
    found = account(session, login)
    found.email = f"{login}@example.com"
    session.add(found)
    session.flush()
    if wishes:
        session.add(ChannelPreference(account_id=found.id, updated_at=AT, **wishes))
        session.flush()
    return found


def deliveries(session: Session) -> Sequence[Delivery]:
    """Every delivery, in the order of what happened."""
    joined = select(Delivery).join(Notification, col(Notification.id) == Delivery.notification_id)
    return session.exec(joined.order_by(col(Notification.created_at), col(Delivery.id))).all()


@dataclass
class Postbox:
    """A mail server in this process: keeps what it takes, refuses `nobody@`, puts off `later@`, fails as told."""

    port: int = field(default_factory=free_port)
    busy: int = 0
    letters: list[EmailMessage] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Value of GREENLANE_SMTP_URL."""
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_RCPT(  # noqa: N802 - named by aiosmtpd
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        """Refuse who is not here."""
        if address.startswith("nobody@"):
            return f"550 5.1.1 <{address}> unknown"
        if address.startswith("later@"):
            return f"450 4.2.0 <{address}> greylisted"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep the letter, unless told to be busy."""
        if self.busy:
            self.busy -= 1
            return "451 4.3.0 try later"
        parsed = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        self.letters.append(parsed)
        await asyncio.sleep(0)
        return "250 OK"


@contextmanager
def mail_server() -> Iterator[Postbox]:
    """A real SMTP server."""
    postbox = Postbox()
    controller = Controller(postbox, hostname="127.0.0.1", port=postbox.port)
    controller.start()
    yield postbox
    controller.stop()


@dataclass
class Robot:
    """A chat robot: keeps what is posted to it, answers with `status` after `delay` seconds."""

    port: int = 0
    status: int = 200
    delay: float = 0.0
    said: list[dict[str, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its address, as a person would enter it."""
        return f"json://127.0.0.1:{self.port}/robot"


@contextmanager
def chat_robot() -> Iterator[Robot]:
    """A real HTTP server in the place of a chat robot."""
    robot = Robot()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            robot.said.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            time.sleep(robot.delay)
            self.send_response(robot.status)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    robot.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield robot
    server.shutdown()
    thread.join()
    server.server_close()
