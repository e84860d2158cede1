"""服务投入 as a section of a customer's page."""

from dataclasses import dataclass

from api.pages.view.common import Link, Tag
from api.pages.view.task import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendPanel:
    """服务投入 on a customer's page; `link` leads to the lines."""

    year: str
    state: Tag
    facts: tuple[Fact, ...]
    link: Link
