"""A person changes its own password."""

from datetime import datetime

from api.security.caller import Caller
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.passwords import verify_password
from models.services.accounts import actor_by_id, checked_hash, invalid, set_password
from models.services.sign_in import record_attempt


def change_own_password(
    database: Database, caller: Caller, current: str, new: str, now: datetime, *, new_field: str = "password"
) -> None:
    """Set a new password after checking the current one; a wrong one counts like a failed sign-in.

    Raises INVALID_INPUT, ACCOUNT_LOCKED.
    """
    with database.read() as session:
        stored = actor_by_id(session, caller.account_id).password_hash
    fits = verify_password(current, stored)
    with database.write() as session:
        account = record_attempt(session, caller.login, password_fits=fits, door=caller.door, now=now)
    if account is None:
        raise invalid(current="wrong_password")
    hashed = checked_hash(new, caller.login, new_field)
    with database.write() as session:
        account = actor_by_id(session, caller.account_id)
        if account.disabled_at is not None:
            raise DomainError(ErrorCode.SIGN_IN_REQUIRED)
        set_password(session, account, hashed, by=caller.by, now=now, keep=caller.session_hash)
