"""`/openapi.json`, for whoever is signed in. There is no `/docs`: its scripts would come from elsewhere."""

from typing import Annotated, Any

from fastapi import APIRouter, Request

from api.deps import Action, Caller, require

router = APIRouter()


@router.get("/openapi.json")
def read_description(request: Request, _: Annotated[Caller, require(Action.READ_API_DESCRIPTION)]) -> dict[str, Any]:
    """The OpenAPI description of `/api/v1`."""
    description: dict[str, Any] = request.app.openapi()
    return description
