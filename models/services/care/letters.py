"""What a greeting or a magazine says to a customer's contact: `templates/mail/letters/{item}.txt`, subject first."""

from functools import cache
from uuid import UUID

from jinja2 import ChainableUndefined, Environment, FileSystemLoader, select_autoescape
from jinja2.exceptions import TemplateNotFound

from models.messages.letters import Letter
from models.tables.book import Contact
from models.tables.care import Touchpoint
from templates import ROOT

ANY_ITEM = "greeting"
"""For an item that has no letter of its own."""


def letter_key(row: Touchpoint) -> str:
    """What names the letter of a row for ever."""
    return key_of_letter(row.id)


def key_of_letter(touchpoint_id: UUID) -> str:
    """The same, of a row by its id."""
    return f"touchpoint-{touchpoint_id}"


def letter_of(row: Touchpoint, contacts: list[Contact], customer: str, manager: str, *, late: bool) -> Letter:
    """The letter to these contacts; `late` has words of its own (补寄)."""
    name = contacts[0].name if len(contacts) == 1 else ""
    facts = {"name": name, "customer": customer, "manager": manager, "title": row.title, "late": late}
    subject, _, body = rendered(row.item, facts).partition("\n")
    to = tuple(contact.email for contact in contacts if contact.email)
    return Letter(key=letter_key(row), to=to, subject=subject.strip(), body=body.strip() + "\n")


def rendered(item: str, facts: dict[str, object]) -> str:
    """The letter of an item in words: the subject, a line break, the body."""
    env = _environment()
    try:
        template = env.get_template(f"{item}.txt")
    except TemplateNotFound:
        template = env.get_template(f"{ANY_ITEM}.txt")
    return template.render(facts)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(ROOT / "mail" / "letters"),
        autoescape=select_autoescape(()),  # plain text
        undefined=ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
