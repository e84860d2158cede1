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

    def likely(self, purpose: Purpose) -> tuple[PersonOption, ...]:
        """Who may be chosen, the likeliest first: the same post for a signature, else whoever acted on the case."""
        found = [one for one in self._found(purpose) if one.why_not is None]
        acted = list(dict.fromkeys(past.actor_id for past in self.found.state.acts))
        if purpose in _HANDED:
            found.sort(key=lambda one: all(role is not self.found.task.role for role, _place in one.posts))
        else:
            found.sort(key=lambda one: acted.index(one.id) if one.id in acted else len(acted))
        return tuple(person_option(one) for one in found)

    def _found(self, purpose: Purpose) -> list[Candidate]:
        if purpose in _HANDED:
            return self._to_sign
        return self._to_read

    @cached_property
    def _to_sign(self) -> list[Candidate]:
        return candidates(self.desk.session, self.desk.caller, self.found.task, Purpose.TRANSFER)

    @cached_property
    def _to_read(self) -> list[Candidate]:
        return candidates(self.desk.session, self.desk.caller, self.found.task, Purpose.CC)

    @cached_property
    def _signers(self) -> tuple[PersonOption, ...]:
        return tuple(person_option(candidate) for candidate in self._to_sign)

    @cached_property
    def _reassigned(self) -> tuple[PersonOption, ...]:
        found = candidates(self.desk.session, self.desk.caller, self.found.task, Purpose.REASSIGN)
        return tuple(person_option(candidate) for candidate in found)

    @cached_property
    def _readers(self) -> tuple[PersonOption, ...]:
        return tuple(person_option(candidate) for candidate in self._to_read)


def person_option(candidate: Candidate) -> PersonOption:
    """李建国 · 三级机构负责人 · 北京第一支公司."""
    posts = "、".join(f"{word(role)}（{place}）" for role, place in candidate.posts)
    text, why_not = f"{candidate.name} · {posts}", _why_not(candidate)
    return PersonOption(value=str(candidate.id), text=text, name=candidate.name, why_not=why_not)


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
