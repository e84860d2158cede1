"""What a reader may do with a task or a case beside deciding it: one folded form per act, all of one shape."""

from dataclasses import dataclass

from api.pages.view.common import Option


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonOption:
    """A person of a picker. `why_not` is said beside the name of who may not be chosen."""

    value: str
    text: str
    name: str = ""
    """Without the posts, where there is no room for them."""
    why_not: str = ""
    selected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPicker:
    """Whom the act goes to. `nobody` stands in place of the list when nobody can be chosen."""

    label: str
    people: tuple[PersonOption, ...] = ()
    nobody: str = ""
    several: bool = False
    optional: bool = False

    @property
    def usable(self) -> bool:
        """Whether anybody can be chosen."""
        return any(not person.why_not for person in self.people)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """One more choice of an act: before or after, until when, why."""

    name: str
    label: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuickRow:
    """Buttons that send an act with one click each, as `name`; `says` names each in full."""

    name: str
    options: tuple[Option, ...]
    says: tuple[str, ...]
    title: str = ""
    fixed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ActForm:
    """One act: 转办, 加签, 催办, 撤销... Posts `csrf_token`, `idempotency_key`, `version` and what it asks for:
    `to`, the selection's own name, `comment`, `files`. Without anything to ask it is a single button.
    """

    name: str
    """Unique on the page; names the control ids."""
    action: str
    text: str
    hint: str = ""
    """What it does, before the click."""
    idempotency_key: str
    version: int | None = None
    fixed: tuple[tuple[str, str], ...] = ()
    """Hidden fields."""
    picker: PersonPicker | None = None
    selection: Selection | None = None
    quick: tuple[QuickRow, ...] = ()
    """What one click sends; the folded form remains for everybody else."""
    comment_label: str = ""
    comment: str = ""
    comment_required: bool = False
    comment_rows: int = 1
    """1 is a single line: Enter sends it."""
    files: bool = False
    ends_case: bool = False
    marked: str = ""
    """运营干预: said on the entry of an act that is always marked."""
    wait: str = ""
    """Why it cannot be done yet: 可于 14:20 再次催办."""
    open: bool = False

    @property
    def asks(self) -> bool:
        """Whether there is anything to fill in before it can be sent."""
        return bool(self.picker or self.selection or self.comment_label or self.files)

    @property
    def blocked(self) -> bool:
        """Whether nobody can be chosen, so there is nothing to send."""
        return self.picker is not None and not self.picker.optional and not self.picker.usable


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLink:
    """A file of a comment."""

    name: str
    href: str
    size: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """评论, 征询 or 答复. A question carries its answers, and the form for whoever is asked."""

    anchor: str
    who: str
    what: str
    """E.g. 征询 赵敏."""
    text: str
    at: str
    at_iso: str
    mentions: str = ""
    files: tuple[FileLink, ...] = ()
    answers: tuple["Remark", ...] = ()
    open_question: bool = False
    answer: ActForm | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """沟通: comments and questions, oldest first, and the form to add one."""

    remarks: tuple[Remark, ...] = ()
    add: ActForm | None = None
