"""What the address of the inbox asks for; a task opened from it carries the same filter, for 下一件."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query

from api.institution_filter import part_of_tree
from api.pages.desk import Desk
from api.pages.lists import href, tier_or_none
from api.pages.view.inbox import DueBand
from api.security.policy import Action
from models.stores.tasks import TaskFilter
from models.types import Box, CaseKind, Tier

INBOX = "/inbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxQuery:
    """Box, due group and filters; a value that is none of its kind filters nothing."""

    box: Box = Box.TODO
    due: DueBand | None = None
    kind: CaseKind | None = None
    tier: Tier | None = None
    institution: str = ""
    q: str = ""
    snoozed: bool = False
    """Also what the reader put off."""

    @property
    def params(self) -> dict[str, str | None]:
        """The parameters as they stand in an address."""
        return {
            "box": None if self.box is Box.TODO else self.box.value,
            "due": self.due.value if self.due else None,
            "kind": self.kind.value if self.kind else None,
            "tier": self.tier.value if self.tier else None,
            "institution": self.institution,
            "q": self.q,
            "snoozed": "1" if self.snoozed else None,
        }

    @property
    def narrowed(self) -> bool:
        """Whether a filter of the form is set (box and due group stand apart)."""
        return any((self.kind, self.tier, self.institution, self.q))

    def href(self, path: str = INBOX, **change: str | None) -> str:
        """An address with these parameters, some of them changed."""
        return href(path, {**self.params, **change})

    def filter(self, desk: Desk, due: DueBand | None = None) -> TaskFilter:
        """The filter of the store for one due group, or for all."""
        after, before = desk.window(due)
        scope = desk.caller.scope(Action.READ_INSTITUTIONS)
        return TaskFilter(
            kind=self.kind,
            tier=self.tier,
            due_after=after,
            due_before=before,
            q=self.q or None,
            under=part_of_tree(desk.session, self.institution, scope),
            awake_at=desk.now if self.box in {Box.TODO, Box.QUEUE} and not self.snoozed else None,
        )


async def _query(
    *,
    box: Annotated[str, Query(max_length=20)] = "",
    due: Annotated[str, Query(max_length=20)] = "",
    kind: Annotated[str, Query(max_length=32)] = "",
    tier: Annotated[str, Query(max_length=20)] = "",
    institution: Annotated[str, Query(max_length=32)] = "",
    q: Annotated[str, Query(max_length=100)] = "",
    snoozed: Annotated[str, Query(max_length=1)] = "",
) -> InboxQuery:
    return InboxQuery(
        box=next((known for known in Box if known.value == box), Box.TODO),
        due=next((known for known in DueBand if known.value == due), None),
        kind=next((known for known in CaseKind if known.value == kind), None),
        tier=tier_or_none(tier),
        institution=institution.strip(),
        q=q.strip(),
        snoozed=snoozed == "1",
    )


InboxQueryDep = Annotated[InboxQuery, Depends(_query)]
