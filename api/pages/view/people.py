"""People and posts, and the small forms around one's own account."""

from dataclasses import dataclass, field

from api.pages.view.common import ErrorSummary, Option, Pager, Strip, Tag
from api.pages.view.shell import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One control of a plain form. `kind` is the type of the input; `select` offers `options`, `textarea` lines."""

    id: str
    label: str
    kind: str = "text"
    value: str = ""
    autocomplete: str = "off"
    hint: str = ""
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainFormPage(Page):
    """A form and nothing else: setup, activation, one's own password. Posts to its own address."""

    action: str
    button: str
    lead: str = ""
    fields: tuple[FormField, ...] = ()
    errors: ErrorSummary | None = None
    strips: tuple[Strip, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPostView:
    """A post somebody holds; the values name it when it is taken away."""

    text: str
    role: str
    institution_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPostForm:
    """加岗: the form of one person, open when it was refused. `errors` stand at the controls of this person only."""

    roles: tuple[Option, ...]
    institutions: tuple[Option, ...]
    errors: ErrorSummary | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """One person. `own` is the reader itself, whom the page does not let change itself."""

    login: str
    name: str
    institution: str
    institution_code: str
    state: Tag
    disabled: bool = False
    own: bool = False
    posts: tuple[HeldPostView, ...] = ()
    new_post: NewPostForm


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyPostRow:
    """A post that nobody holds."""

    institution: str
    post: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLink:
    """An activation link, shown this once."""

    name: str
    url: str
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPersonForm:
    """What was typed into the form for a new person."""

    login: str = ""
    name: str = ""
    email: str = ""
    institution_code: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeoplePage(Page):
    """人员岗位: empty posts first, then who holds what."""

    headline: str
    empty_posts: tuple[EmptyPostRow, ...] = ()
    people: tuple[PersonRow, ...] = ()
    institutions: tuple[Option, ...] = ()
    filters: tuple[Option, ...] = ()
    roles: tuple[Option, ...] = ()
    pager: Pager | None = None
    strips: tuple[Strip, ...] = ()
    errors: ErrorSummary | None = None
    new_link: NewLink | None = None
    new_person: NewPersonForm = field(default_factory=NewPersonForm)
