"""Page of erasing a person 删除个人信息."""

from dataclasses import dataclass

from api.pages.view.common import ErrorSummary, Strip
from api.pages.view.shell import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseForm:
    """删除 one person, and why. `id` is the one of its reason."""

    id: str
    action: str
    key: str
    reason: str = ""
    open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """One person, masked, and what would go with it; without a form it is erased, or held."""

    id: str
    name: str
    kind: str
    title: str
    what: str
    form: EraseForm | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasingPage(Page):
    """The people of one customer."""

    customer: str
    customer_no: str
    people: tuple[PersonRow, ...]
    strips: tuple[Strip, ...] = ()
    errors: ErrorSummary | None = None
