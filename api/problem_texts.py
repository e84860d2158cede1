"""The error table: HTTP status and the sentence people read, in both languages, per ErrorCode.

The same sentence stands on the page and in the `detail` of the problem document.
"""

from typing import NamedTuple

from models.errors import ErrorCode


class ProblemText(NamedTuple):
    """HTTP status and sentences; `{...}` is filled from the error's context."""

    status: int
    zh: str
    en: str


PROBLEM_TEXTS: dict[ErrorCode, ProblemText] = {
    ErrorCode.SIGN_IN_REQUIRED: ProblemText(
        401,
        "请登录后继续，填写的内容已保存。",
        "Sign in to continue; what you typed is saved.",
    ),
    ErrorCode.BAD_CREDENTIALS: ProblemText(
        401,
        "登录名或密码不对。请重试，或请管理员重设密码。",
        "Login or password is wrong. Try again, or ask your administrator to reset it.",
    ),
    ErrorCode.ACCOUNT_LOCKED: ProblemText(
        429,
        "尝试过多，请于 {until} 后再登录。",
        "Too many attempts. Sign in again after {until}.",
    ),
    ErrorCode.SECOND_FACTOR_REQUIRED: ProblemText(
        401,
        "请输入动态口令。",
        "Enter your one-time code.",
    ),
    ErrorCode.REAUTHENTICATION_REQUIRED: ProblemText(
        403,
        "此操作需再次验证，请输入动态口令后提交。",
        "This act needs a fresh check. Enter your one-time code and send again.",
    ),
    ErrorCode.CSRF_FAILED: ProblemText(
        403,
        "页面已过期。请刷新后重新提交，内容已保留。",
        "This page has expired. Reload and send again; your text is kept.",
    ),
    ErrorCode.NOT_ALLOWED: ProblemText(
        403,
        "您的岗位不能做此操作。请联系 {who}。",
        "Your post may not do this. Contact {who}.",
    ),
    ErrorCode.NOT_FOUND: ProblemText(
        404,
        "没有找到，或不在您的机构范围内。请检查编号。",
        "Not found, or outside your institutions. Check the number.",
    ),
    ErrorCode.NOT_YOUR_TASK: ProblemText(
        403,
        "此任务由 {who} 办理。如需处理，请其转办给您。",
        "This task belongs to {who}. Ask for a transfer.",
    ),
    ErrorCode.OWN_CASE: ProblemText(
        403,
        "不能审批自己申报的事项。请转办。",
        "You cannot decide a case you declared. Transfer it.",
    ),
    ErrorCode.CONSECUTIVE_STEP: ProblemText(
        403,
        "您已办理上一步，不能连续办理。请转办。",
        "You acted on the step before. Transfer this one.",
    ),
    ErrorCode.ALREADY_DECIDED: ProblemText(
        409,
        "{who} 已于 {when} {verb}本件。请查看最新情况。",
        "{who} already decided this ({verb}) at {when}. See the latest state.",
    ),
    ErrorCode.STALE_VERSION: ProblemText(
        409,
        "内容已有更新。请查看变化后再决定，您的意见已保留。",
        "This changed since you opened it. Review and decide again; your comment is kept.",
    ),
    ErrorCode.CASE_CLOSED: ProblemText(
        409,
        "流程已结束（{outcome}）。如需变更，请重新发起。",
        "The case has ended ({outcome}). Start a new one if needed.",
    ),
    ErrorCode.WRONG_STAGE: ProblemText(
        409,
        "当前环节为{stage}，不能做此操作。请刷新。",
        "The case is at {stage}; this act is not open. Reload.",
    ),
    ErrorCode.RUN_IN_ORDER: ProblemText(
        409,
        "流程在正常运行，不用重置，也不能终止。可以重试、改派或取消。",
        "The run is in order: it needs no reset and cannot be terminated. Retry, reassign or cancel instead.",
    ),
    ErrorCode.RUN_AHEAD: ProblemText(
        409,
        "流程比记录多出办理，从记录重新开始会丢失。请先在对账页修复。",
        "The run knows acts that the record lacks: a start from the record would lose them. Repair on the drift page.",
    ),
    ErrorCode.RUN_LOST: ProblemText(
        409,
        "引擎中没有此流程在运行，办理不会生效。请先重置。",
        "No run of this case is left in the engine, so the act would not take effect. Reset it first.",
    ),
    ErrorCode.TOO_LATE_TO_TAKE_BACK: ProblemText(
        409,
        "下一步已处理，不能撤回。可请当前办理人退回。",
        "The next step has acted. Ask its holder to return the case.",
    ),
    ErrorCode.TOO_LATE_TO_WITHDRAW: ProblemText(
        409,
        "已过可撤销的环节。请联系当前办理人退回。",
        "It is past the point of withdrawal. Ask the current holder to return it.",
    ),
    ErrorCode.TOO_MANY_ROUNDS: ProblemText(
        422,
        "已达 {max} 轮，不能再退回。请同意或驳回。",
        "Limit of {max} rounds reached. Approve or reject.",
    ),
    ErrorCode.ALREADY_CLAIMED: ProblemText(
        409,
        "{who} 已领取。请处理其他任务。",
        "{who} has claimed it. Take another task.",
    ),
    ErrorCode.REASON_REQUIRED: ProblemText(
        422,
        "请填写原因。",
        "Give a reason.",
    ),
    ErrorCode.INVALID_INPUT: ProblemText(
        422,
        "有 {n} 处需要更正，请逐项修改。",
        "{n} entries need correcting. Fix each one.",
    ),
    ErrorCode.UNKNOWN_FIELD: ProblemText(
        422,
        "不认识字段 {field}。请删除后重发。",
        "Unknown field {field}. Remove it and send again.",
    ),
    ErrorCode.BAD_TRANSFER_TARGET: ProblemText(
        422,
        "{who} 无权办理此步。请另选人员。",
        "{who} may not act on this step. Choose someone else.",
    ),
    ErrorCode.STAND_IN_LOOP: ProblemText(
        422,
        "代理形成循环或代回申报人。请另选代理人。",
        "The stand-in loops or leads to the declarant. Choose someone else.",
    ),
    ErrorCode.SIGNER_CANNOT_BE_REMOVED: ProblemText(
        409,
        "该签批人已签或为必签，不能减签。",
        "This signer has signed or is obligatory and stays.",
    ),
    ErrorCode.BULK_NOT_ALLOWED: ProblemText(
        422,
        "金牌或超限事项须逐件办理，请取消勾选。",
        "Gold and over-limit items are decided one by one. Untick them.",
    ),
    ErrorCode.URGE_TOO_SOON: ProblemText(
        429,
        "刚催办过。可于 {until} 再催。",
        "Urged just now. You can urge again at {until}.",
    ),
    ErrorCode.LINK_USED_OR_EXPIRED: ProblemText(
        410,
        "链接已使用、已过期，或不是发给您的。请登录后在待办中处理。",
        "The link is used, expired, or not yours. Sign in and open your inbox.",
    ),
    ErrorCode.ALREADY_ANSWERED: ProblemText(
        409,
        "这份问卷已于 {when} 提交，不能再录入。请查看已提交的问卷。",
        "This sheet was already submitted at {when}, so it cannot be entered again. See the submitted sheet.",
    ),
    ErrorCode.IDEMPOTENCY_CONFLICT: ProblemText(
        422,
        "同一提交编号对应了不同内容。请刷新后重新提交。",
        "This key was used with other content. Reload and send again.",
    ),
    ErrorCode.DUPLICATE_CASE: ProblemText(
        409,
        "该客户本年度已有申报。请打开现有流程。",
        "A declaration for this year exists. Open it instead.",
    ),
    ErrorCode.NOT_ELIGIBLE: ProblemText(
        422,
        "不符合条件：{reason}。可按特批申报。",
        "Not eligible: {reason}. A special declaration is possible.",
    ),
    ErrorCode.QUOTA_EXCEEDED: ProblemText(
        409,
        "{scope} 名额已满（{used}/{quota}）。请先调整名额。",
        "Quota of {scope} is full ({used}/{quota}). Change it first.",
    ),
    ErrorCode.EVALUATION_FROZEN: ProblemText(
        409,
        "评定已冻结，不能改数据。如需更正，请由总公司解冻。",
        "The evaluation is frozen. Ask head office to reopen it.",
    ),
    ErrorCode.RULEBOOK_INVALID: ProblemText(
        422,
        "{file} 的 {key} 有误：{reason}。请改正后再启用。",
        "{key} in {file} is wrong: {reason}. Correct it, then activate.",
    ),
    ErrorCode.CALENDAR_UNKNOWN: ProblemText(
        422,
        "{year} 年日历未公布。请先载入，或按暂定期限办理。",
        "The {year} calendar is not published. Load it, or go on with a provisional date.",
    ),
    ErrorCode.CLOCK_ALREADY_PAUSED: ProblemText(
        409,
        "计时已暂停。如资料已到，请恢复计时。",
        "The clock is paused already. Resume it when papers arrive.",
    ),
    ErrorCode.LATE_REASON_REQUIRED: ProblemText(
        422,
        "已逾期，办结前请填写逾期原因。",
        "It is overdue. Give the reason before closing.",
    ),
    ErrorCode.CONSENT_MISSING: ProblemText(
        422,
        "该联系人未同意接收关怀。请先取得同意，或跳过并说明。",
        "This contact has not consented. Obtain consent, or skip with a reason.",
    ),
    ErrorCode.GIFT_CAP_EXCEEDED: ProblemText(
        422,
        "超出礼品限额，剩余 {left} 元。请减额或报合规审批。",
        "Above the gift cap; {left} yuan left. Lower it or ask for compliance sign-off.",
    ),
    ErrorCode.SPEND_LIMIT_EXCEEDED: ProblemText(
        422,
        "超出投入限额 {over} 元。请填写原因并报审批。",
        "{over} yuan above the limit. Give a reason and send for approval.",
    ),
    ErrorCode.PERIOD_LOCKED: ProblemText(
        409,
        "{period} 已发布。请登记为调整。",
        "{period} is published. Enter an adjustment.",
    ),
    ErrorCode.RECORDS_HELD: ProblemText(
        409,
        "客户 {customer_no} 已冻结，什么都不能删除。请先解除冻结。",
        "Customer {customer_no} is under a legal hold: nothing of it is deleted. Lift the hold first.",
    ),
    ErrorCode.YEAR_NOT_OVER: ProblemText(
        409,
        "{year} 年度尚未结束。年度结束后再计分。",
        "The year {year} is not over. Score it once it has ended.",
    ),
    ErrorCode.APPEALS_CLOSED: ProblemText(
        409,
        "申诉期已于 {until} 截止。",
        "Appeals closed on {until}.",
    ),
    ErrorCode.CONTENT_ALTERED: ProblemText(
        409,
        "{what} 与封存的内容不一致，可能在系统之外被改动。请勿使用其中数字，并联系审计岗对照审计记录和备份。",
        "{what} is not what was sealed; somebody may have changed it outside the system. "
        "Do not use its figures, and ask audit to compare it with the audit trail and a backup.",
    ),
    ErrorCode.IMPORT_REJECTED: ProblemText(
        422,
        "文件未载入：{reason}。请改正后重新上传。",
        "File not loaded: {reason}. Correct it and upload again.",
    ),
    ErrorCode.FILE_TOO_LARGE: ProblemText(
        413,
        "超过 {limit}。请拆分后再上传。",
        "Larger than {limit}. Split it and try again.",
    ),
    ErrorCode.RATE_LIMITED: ProblemText(
        429,
        "操作过于频繁。请于 {seconds} 秒后重试。",
        "Too many requests. Try again in {seconds} s.",
    ),
    ErrorCode.NOT_YET_CONFIRMED: ProblemText(
        202,
        "已提交，等待确认。请勿重复提交，结果会显示在这里。",
        "Sent, not yet confirmed. Do not send again; the result will show here.",
    ),
    ErrorCode.ENGINE_UNAVAILABLE: ProblemText(
        503,
        "流程引擎暂不可用，未提交。内容已保留，请稍后重试。",
        "The workflow engine is unavailable. Nothing was sent; your text is kept. Try again shortly.",
    ),
    ErrorCode.RECORDS_UNAVAILABLE: ProblemText(
        503,
        "记录库暂不可用。请稍后重试。",
        "Records are unavailable. Try again shortly.",
    ),
    ErrorCode.MAINTENANCE: ProblemText(
        503,
        "系统维护中，暂停提交。预计 {until} 恢复。",
        "Under maintenance; back about {until}.",
    ),
    ErrorCode.INTERNAL_ERROR: ProblemText(
        500,
        "系统出错，未能完成。请重试；若再次出现，请将编号 {request_id} 告知运营。",
        "Something failed. Try again; if it recurs, give operations the number {request_id}.",
    ),
}
