"""HTTP clients on the application itself, signed in without a password."""

from datetime import UTC, datetime

import httpx2
from fastapi import FastAPI

from api.security.csrf import token_for
from api.security.sessions import cookie_name
from models.database import Database
from models.services.sign_in import issue_token, live_session, open_session
from models.settings import Settings
from models.stores.accounts import AccountStore

ORIGIN = "http://127.0.0.1:8000"


class Clients:
    """Makes clients for people of the records, signed in this moment, and closes them."""

    def __init__(self, app: FastAPI, database: Database) -> None:
        self.app = app
        self.database = database
        self._open: list[httpx2.AsyncClient] = []

    def anonymous(self) -> httpx2.AsyncClient:
        """Nobody."""
        client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=self.app), base_url=ORIGIN)
        self._open.append(client)
        return client

    def token(self, login: str) -> httpx2.AsyncClient:
        """A person by bearer token."""
        client = self.anonymous()
        with self.database.write() as session:
            account = AccountStore(session).by_login(login)
            assert account is not None
            issued = issue_token(session, account.id, datetime.now(UTC))
        client.headers["Authorization"] = f"Bearer {issued.token}"
        return client

    def browser(self, login: str) -> httpx2.AsyncClient:
        """A person by session cookie; unsafe requests carry the session's form token in the header."""
        client = self.anonymous()
        settings: Settings = self.app.state.settings
        with self.database.write() as session:
            account = AccountStore(session).by_login(login)
            assert account is not None
            now = datetime.now(UTC)
            secret = open_session(session, account.id, user_agent="tests", now=now)
            row = live_session(session, secret, now)
            assert row is not None
        client.cookies.set(cookie_name(settings), secret)
        client.headers["X-CSRF-Token"] = token_for(row.csrf_secret)
        client.headers["Origin"] = ORIGIN
        return client

    async def close(self) -> None:
        """Close every client made here."""
        for client in self._open:
            await client.aclose()
