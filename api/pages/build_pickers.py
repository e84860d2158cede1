"""Pickers of people for the acts on a task: who may be chosen, and why the others may not."""

from functools import cached_property

from api.act_base import OnTask
from api.candidates import Candidate, Purpose, candidates
from api.pages.desk import Desk
from api.pages.i18n import _
from api.pages.view.acts import PersonOption, PersonPicker
from api.pages.words import word
from models.errors import ErrorCode

_HANDED = frozenset({Purpose.TRANSFER, Purpose.DELEGATE, Purpose.ADD_SIGNER})


class Pickers:
    """The people near one task, looked up once for every act that asks the same of them."""

    def __init__(self, desk: Desk, found: OnTask) -> None:
        self.desk = desk
        self.found = found

    def of(self, purpose: Purpose, label: str, *, several: bool = False, optional: bool = False) -> PersonPicker:
        """The picker of one act."""
        if purpose in _HANDED:
            people = self._signers
        elif purpose is Purpose.REASSIGN:
            people = self._reassigned
        else:
            people = self._readers
        nobody = _("没有可选的人员。请联系运营改派。") if not any(not p.why_not for p in people) else ""
        return PersonPicker(label=label, people=people, nobody=nobody, several=several, optional=optional)

    @cached_property
    def _signers(self) -> tuple[PersonOption, ...]:
        return self._options(Purpose.TRANSFER)

    @cached_property
    def _reassigned(self) -> tuple[PersonOption, ...]:
        return self._options(Purpose.REASSIGN)

    @cached_property
    def _readers(self) -> tuple[PersonOption, ...]:
        return self._options(Purpose.CC)

    def _options(self, purpose: Purpose) -> tuple[PersonOption, ...]:
        found = candidates(self.desk.session, self.desk.caller, self.found.task, purpose)
        return tuple(person_option(candidate) for candidate in found)


def person_option(candidate: Candidate) -> PersonOption:
    """李建国 · 三级机构负责人 · 北京第一支公司."""
    posts = "、".join(f"{word(role)}（{place}）" for role, place in candidate.posts)
    return PersonOption(value=str(candidate.id), text=f"{candidate.name} · {posts}", why_not=_why_not(candidate))


def _why_not(candidate: Candidate) -> str:
    if candidate.why_not is None:
        return ""
    texts = {
        ErrorCode.OWN_CASE: _("申报人"),
        ErrorCode.CONSECUTIVE_STEP: _("办理了上一步"),
    }
    if not candidate.authorised:
        return _("岗位无权办理此步")
    return texts.get(candidate.why_not, _("申报、已签批或刚办理过本件"))
