"""Login and password to account: the hash is computed outside every transaction."""

from datetime import UTC, datetime

from models.database import Database
from models.errors import DomainError, ErrorCode
from models.passwords import verify_password
from models.services.sign_in import record_attempt, refuse_locked
from models.stores.accounts import AccountStore
from models.tables.organisation import Account
from models.types import Door


def authenticate(database: Database, login: str, password: str, door: Door) -> Account:
    """The account behind login and password; unknown, disabled and wrong are one answer after the same work.

    Raises BAD_CREDENTIALS, ACCOUNT_LOCKED.
    """
    with database.read() as session:
        account = AccountStore(session).by_login(login)
        refuse_locked(account, datetime.now(UTC))
    fits = verify_password(password, account.password_hash if account else None)
    with database.write() as session:
        signed_in = record_attempt(session, login, password_fits=fits, door=door, now=datetime.now(UTC))
    if signed_in is None:
        raise DomainError(ErrorCode.BAD_CREDENTIALS)
    return signed_in
