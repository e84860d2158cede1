"""自上次查看以来: how far a reader had seen a case is kept with its drafts; what came after is said on top."""

from api.pages.build_history import entry
from api.pages.desk import Desk
from api.pages.format import stamp
from api.pages.i18n import _
from api.pages.view.task import Since
from models.services import drafts
from models.services.case_view import CaseView
from models.tables.cases import Case

_SHOWN = 5


def look_href(case: Case) -> str:
    """Where the open page reports what was seen."""
    return f"/drafts/seen:{case.id}"


def since(desk: Desk, view: CaseView) -> Since | None:
    """What others did to the case after the reader's last look; nothing on the first one."""
    kept = drafts.load(desk.session, desk.caller.account_id, f"seen:{view.case.id}")
    if kept is None:
        return None
    newer = [item for item in view.timeline if item.at > kept.saved_at and item.actor != desk.caller.name]
    if not newer:
        return None
    lines = tuple(f"{stamp(item.at, desk.now)} {entry(item, desk.now).text}" for item in newer[::-1][:_SHOWN])
    return Since(note=_("上次查看：%(when)s", when=stamp(kept.saved_at, desk.now)), lines=lines)
