"""What can be sent with one click from the page of a task: 转办给 李建国, 稍后至 明天 9:00."""

from api.candidates import Purpose
from api.pages.build_pickers import Pickers
from api.pages.i18n import _
from api.pages.view.acts import PersonOption, QuickRow, Selection
from api.pages.view.common import Option

MOST_LIKELY = 3


def to_people(pickers: Pickers, purpose: Purpose, text: str) -> tuple[QuickRow, ...]:
    """One button for each of the people it most likely goes to."""
    people = pickers.likely(purpose)[:MOST_LIKELY]
    return (QuickRow(name="to", options=_named(people), says=_says(text, people)),) if people else ()


def to_people_in(pickers: Pickers, purpose: Purpose, positions: Selection) -> tuple[QuickRow, ...]:
    """The same people once for each choice: 前加签, 后加签."""
    people = pickers.likely(purpose)[:MOST_LIKELY]
    return tuple(
        QuickRow(
            name="to",
            title=position.text,
            options=_named(people),
            says=_says(position.text, people),
            fixed=((positions.name, position.value),),
        )
        for position in positions.options
        if people
    )


def of_choices(selection: Selection) -> tuple[QuickRow, ...]:
    """One button for each choice."""
    says = tuple(_("%(act)s %(what)s", act=selection.label, what=option.text) for option in selection.options)
    return (QuickRow(name=selection.name, options=selection.options, says=says),)


def _named(people: tuple[PersonOption, ...]) -> tuple[Option, ...]:
    return tuple(Option(value=person.value, text=person.name) for person in people)


def _says(text: str, people: tuple[PersonOption, ...]) -> tuple[str, ...]:
    return tuple(_("%(act)s %(what)s", act=text, what=person.name) for person in people)
