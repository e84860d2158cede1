"""What the address of the green channel asks for; the same filter for board, list and counts."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Depends, Query, Request

from api.institution_filter import part_of_tree
from api.pages.desk import Desk
from api.pages.green_channel_words import BASE, LANES
from api.pages.lists import href, tier_or_none
from api.security.policy import Action
from models.service_types import GreenService
from models.stores.green_channel import GreenBand, GreenFilter
from models.types import Tier

BOARD, LIST = "board", "list"
MINE = "me"
_PHONE = "Mobi"
KindT = TypeVar("KindT", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class GreenQuery:
    """View and filters; a value that is none of its kind filters nothing.

    Without a wish a phone gets the list, for lanes stand beside each other only on the desk.
    """

    view: str = BOARD
    asked_view: str = ""
    only: GreenBand | None = None
    lane: str = ""
    service: GreenService | None = None
    tier: Tier | None = None
    handler: str = ""
    institution: str = ""
    customer_no: str = ""
    q: str = ""

    @property
    def params(self) -> dict[str, str | None]:
        """The parameters as they stand in an address."""
        return {
            "view": self.asked_view or None,
            "only": self.only.value if self.only else None,
            "lane": self.lane or None,
            "service": self.service.value if self.service else None,
            "tier": self.tier.value if self.tier else None,
            "handler": self.handler or None,
            "institution": self.institution or None,
            "customer_no": self.customer_no or None,
            "q": self.q or None,
        }

    @property
    def narrowed(self) -> bool:
        """Whether a filter of the form is set."""
        return any((self.service, self.tier, self.handler, self.institution, self.customer_no, self.q))

    def href(self, path: str = BASE, **change: str | None) -> str:
        """An address with these parameters, some of them changed."""
        return href(path, {**self.params, **change})

    def filter(self, desk: Desk) -> GreenFilter:
        """The filter of the store, without band and lane."""
        scope = desk.caller.scope(Action.READ_SERVICES)
        return GreenFilter(
            service=self.service,
            tier=self.tier,
            handler_id=self._handler(desk),
            under=part_of_tree(desk.session, self.institution, scope),
            customer_no=self.customer_no or None,
            q=self.q or None,
        )

    def listed(self, desk: Desk) -> GreenFilter:
        """The filter of the list: of one band, of one lane, else of everything that is open."""
        wanted = self.filter(desk)
        stages = LANES[self.lane][1] if self.lane in LANES else ()
        return wanted._replace(band=self.only or GreenBand.OPEN, stages=stages)

    def _handler(self, desk: Desk) -> UUID | None:
        if self.handler == MINE:
            return desk.caller.account_id
        return uuid_or_none(self.handler)


def uuid_or_none(value: str) -> UUID | None:
    """An id of the address; a value that is none filters nothing."""
    try:
        return UUID(value)
    except ValueError:
        return None


async def _query(
    request: Request,
    *,
    view: Annotated[str, Query(max_length=20)] = "",
    only: Annotated[str, Query(max_length=20)] = "",
    lane: Annotated[str, Query(max_length=20)] = "",
    service: Annotated[str, Query(max_length=32)] = "",
    tier: Annotated[str, Query(max_length=20)] = "",
    handler: Annotated[str, Query(max_length=40)] = "",
    institution: Annotated[str, Query(max_length=32)] = "",
    customer_no: Annotated[str, Query(max_length=32)] = "",
    q: Annotated[str, Query(max_length=100)] = "",
) -> GreenQuery:
    known = view if view in {BOARD, LIST} else ""
    band = one_of(GreenBand, only)
    by_device = LIST if band or lane in LANES or _PHONE in request.headers.get("user-agent", "") else BOARD
    return GreenQuery(
        view=known or by_device,
        asked_view=known,
        only=band,
        lane=lane if lane in LANES else "",
        service=one_of(GreenService, service),
        tier=tier_or_none(tier),
        handler=handler,
        institution=institution,
        customer_no=customer_no.strip(),
        q=q.strip(),
    )


def one_of(kind: type[KindT], value: str) -> KindT | None:
    """The member of an enumeration; a value that is none filters nothing."""
    return next((member for member in kind if member.value == value), None)


GreenQueryDep = Annotated[GreenQuery, Depends(_query)]
