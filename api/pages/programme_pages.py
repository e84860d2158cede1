"""The page of what runs without a case: a member's customer, the list of a season, a survey campaign."""

from collections.abc import Callable, Mapping

from api.pages.customers_view import customer_href
from api.pages.lists import href
from api.pages.ranking_view import EVALUATIONS
from api.pages.surveys_view import SURVEYS
from api.security.caller import Caller
from api.security.policy import Action
from models.identifiers import MEMBERSHIP, QUOTA_SEASON, SURVEY

_PAGES: Mapping[str, tuple[Action, Callable[[str], str]]] = {
    MEMBERSHIP: (Action.READ_CUSTOMERS, customer_href),
    QUOTA_SEASON: (Action.READ_RANKING, lambda year: f"{EVALUATIONS}/{year}"),
    SURVEY: (Action.READ_SURVEYS, lambda campaign_id: f"{SURVEYS}/{campaign_id}"),
}


def programme_href(workflow_id: str, caller: Caller) -> str:
    """Where this reader finds it, empty where there is no such page for it.

    Operations, which reads no customers, finds the cases of a member instead.
    """
    kind, _, name = workflow_id.partition("/")
    if kind not in _PAGES:
        return ""
    action, address = _PAGES[kind]
    if caller.may(action):
        return address(name)
    return href("/ops/cases", {"q": name}) if kind == MEMBERSHIP and caller.may(Action.READ_OPS) else ""
