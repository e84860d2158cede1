"""A refusal as a page shows it: the sentence on top, and what to correct at each control, by its name."""

from dataclasses import replace

from api.pages.i18n import _
from api.pages.i18n import mark as _m
from api.pages.view.common import ErrorSummary, FieldError
from api.problems import problem_of
from models.errors import DomainError, ErrorCode

_CONTROLS = {
    "advance_amount": _m("预付金额"),
    "asked": _m("应为"),
    "case_id": _m("依据的流程"),
    "code": _m("否决事项"),
    "email": _m("邮箱"),
    "evidence": _m("证据"),
    "files": _m("文件"),
    "head_office_name": _m("总公司名称"),
    "institution": _m("机构"),
    "institution_code": _m("机构"),
    "late_reason": _m("逾期原因"),
    "login": _m("登录名"),
    "name": _m("姓名"),
    "password": _m("密码"),
    "password_again": _m("再次输入密码"),
    "quota": _m("名额"),
    "reason": _m("原因"),
    "role": _m("岗位"),
    "signers": _m("指定签批人"),
    "undisputed_amount": _m("无争议金额"),
    "what": _m("层级与席位"),
}
"""Names of the controls as they stand on the forms: 必填 alone does not say what."""


def error_summary(error: DomainError, **called: str) -> ErrorSummary:
    """The red panel for a refused form; the ids of the controls are the names of the fields.

    `called` names controls that this form calls otherwise.
    """
    problem = problem_of(error)
    fields = tuple(
        FieldError(field_id=entry["field"], text=entry["message"], label=control_word(entry["field"], **called))
        for entry in problem.errors
    )
    return ErrorSummary(title=problem.detail, errors=fields)


def reason_summary(error: DomainError, **called: str) -> ErrorSummary:
    """The same of a form that asks for a reason: one that is missing leads to its control."""
    found = error_summary(error, **called)
    if found.errors or error.code is not ErrorCode.REASON_REQUIRED:
        return found
    return replace(found, errors=(FieldError(field_id="reason", text=found.title),))


def control_word(field: str, **called: str) -> str:
    """The name of a control, empty for one that has none."""
    word = called.get(field)
    return word if word is not None else _(_CONTROLS[field]) if field in _CONTROLS else ""
