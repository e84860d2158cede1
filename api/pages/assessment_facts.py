"""What an appeal 申诉 against an assessment is decided on: which item, what stands, what the branch asks for."""

from collections.abc import Iterator

from api.assessment_answers import name_of
from api.assessment_files import shown
from api.pages.desk import Desk
from api.pages.i18n import _
from api.pages.view.task import Fact
from models.messages.assessment import DEDUCTION
from models.services.rulebooks import rulebook_of
from models.stores.assessment import AssessmentStore
from models.tables.cases import Case


def assessment_facts(desk: Desk, case: Case) -> Iterator[Fact]:
    """The lines of the form in brief; nothing for a case about anything else."""
    store = AssessmentStore(desk.session)
    appeal = store.appeal(case.id)
    result = store.result(appeal.result_id) if appeal else None
    if appeal is None or result is None:
        return
    rules = rulebook_of(desk.session, result.rulebook_version_id).rulebook.assessment
    name = _("扣分") if appeal.item == DEDUCTION else name_of(rules, appeal.item)
    version = _("第 %(n)s 版：%(total)s 分", n=result.version, total=result.total)
    yield Fact(label=_("年度考核"), value=str(appeal.year), hint=version)
    yield Fact(label=_("指标"), value=name)
    yield Fact(label=_("现为"), value=shown(appeal.old))
    yield Fact(label=_("应为"), value=shown(appeal.new))
