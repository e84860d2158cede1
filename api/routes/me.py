"""`/me`: the caller itself."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Response

from api.deps import Action, Caller, DatabaseDep, require
from api.schemas.access import MeAnswer, PasswordChange, PostAnswer
from api.security.own_password import change_own_password

router = APIRouter(tags=["access"])


@router.get("/me")
def read_me(caller: Annotated[Caller, require(Action.READ_ME)]) -> MeAnswer:
    """Who is signed in, with which posts, and what they allow."""
    return MeAnswer(
        account_id=caller.account_id,
        login=caller.login,
        name=caller.name,
        institution_code=caller.institution_code,
        language=caller.language,
        posts=[PostAnswer(role=post.role, institution_code=post.institution_code) for post in caller.posts],
        actions=[action.value for action in Action if caller.may(action)],
    )


@router.post("/me/password", status_code=204)
def change_password(
    body: PasswordChange, database: DatabaseDep, caller: Annotated[Caller, require(Action.CHANGE_OWN_PASSWORD)]
) -> Response:
    """Choose a new password; every other session and every token of the caller ends."""
    current, new = body.current.get_secret_value(), body.new.get_secret_value()
    change_own_password(database, caller, current, new, datetime.now(UTC), new_field="new")
    return Response(status_code=204)
