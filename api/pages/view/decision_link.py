"""Decide by link: the decision page with less around it, and what to read afterwards."""

from dataclasses import dataclass

from api.pages.view.common import Link
from api.pages.view.shell import Page
from api.pages.view.task import TaskPage


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionLinkPage(Page):
    """One task for the reader of a mail; nothing else of the service is in reach."""

    task: TaskPage
    reader: str
    """For whom the link is: it works for nobody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkDonePage(Page):
    """What became of the decision; the link is used."""

    text: str
    links: tuple[Link, ...] = ()
