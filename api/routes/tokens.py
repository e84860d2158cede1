"""`/tokens`: bearer tokens for other systems."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response

from api.deps import Action, Caller, DatabaseDep, public, require
from api.schemas.access import TokenAnswer, TokenRequest
from api.security.authenticate import authenticate
from api.security.tokens import bearer_token
from models.services.sign_in import issue_token, revoke_token
from models.types import Door

router = APIRouter(tags=["access"])


@router.post("/tokens", status_code=201, dependencies=[public("signing in is how one becomes somebody")])
def create_token(body: TokenRequest, database: DatabaseDep) -> TokenAnswer:
    """Exchange login and password for an opaque bearer token."""
    account = authenticate(database, body.login, body.password.get_secret_value(), Door.API)
    with database.write() as session:
        issued = issue_token(session, account.id, datetime.now(UTC))
    return TokenAnswer(token=issued.token, expires_at=issued.expires_at)


@router.delete("/tokens/current", status_code=204)
def revoke_current(request: Request, database: DatabaseDep, _: Annotated[Caller, require(Action.SIGN_OUT)]) -> Response:
    """Revoke the token this very call carries; it is useless at once."""
    token = bearer_token(request)
    if token is not None:
        with database.write() as session:
            revoke_token(session, token, datetime.now(UTC))
    return Response(status_code=204)
