"""Every ErrorCode and the one exception tree of the domain; no HTTP and no Temporal in here."""

from enum import StrEnum
from typing import Any


class ErrorCode(StrEnum):
    """RFC 9457 `code`; texts and HTTP status stand in `api/problem_texts.py`."""

    SIGN_IN_REQUIRED = "sign_in_required"
    BAD_CREDENTIALS = "bad_credentials"
    ACCOUNT_LOCKED = "account_locked"
    SECOND_FACTOR_REQUIRED = "second_factor_required"
    REAUTHENTICATION_REQUIRED = "reauthentication_required"
    CSRF_FAILED = "csrf_failed"
    NOT_ALLOWED = "not_allowed"
    NOT_FOUND = "not_found"
    NOT_YOUR_TASK = "not_your_task"
    OWN_CASE = "own_case"
    CONSECUTIVE_STEP = "consecutive_step"
    ALREADY_DECIDED = "already_decided"
    STALE_VERSION = "stale_version"
    CASE_CLOSED = "case_closed"
    WRONG_STAGE = "wrong_stage"
    RUN_IN_ORDER = "run_in_order"
    RUN_AHEAD = "run_ahead"
    RUN_LOST = "run_lost"
    TOO_LATE_TO_TAKE_BACK = "too_late_to_take_back"
    TOO_LATE_TO_WITHDRAW = "too_late_to_withdraw"
    TOO_MANY_ROUNDS = "too_many_rounds"
    ALREADY_CLAIMED = "already_claimed"
    REASON_REQUIRED = "reason_required"
    INVALID_INPUT = "invalid_input"
    UNKNOWN_FIELD = "unknown_field"
    BAD_TRANSFER_TARGET = "bad_transfer_target"
    STAND_IN_LOOP = "stand_in_loop"
    SIGNER_CANNOT_BE_REMOVED = "signer_cannot_be_removed"
    BULK_NOT_ALLOWED = "bulk_not_allowed"
    URGE_TOO_SOON = "urge_too_soon"
    LINK_USED_OR_EXPIRED = "link_used_or_expired"
    ALREADY_ANSWERED = "already_answered"
    IDEMPOTENCY_CONFLICT = "idempotency_conflict"
    DUPLICATE_CASE = "duplicate_case"
    NOT_ELIGIBLE = "not_eligible"
    QUOTA_EXCEEDED = "quota_exceeded"
    EVALUATION_FROZEN = "evaluation_frozen"
    RULEBOOK_INVALID = "rulebook_invalid"
    CALENDAR_UNKNOWN = "calendar_unknown"
    CLOCK_ALREADY_PAUSED = "clock_already_paused"
    LATE_REASON_REQUIRED = "late_reason_required"
    CONSENT_MISSING = "consent_missing"
    GIFT_CAP_EXCEEDED = "gift_cap_exceeded"
    SPEND_LIMIT_EXCEEDED = "spend_limit_exceeded"
    PERIOD_LOCKED = "period_locked"
    YEAR_NOT_OVER = "year_not_over"
    APPEALS_CLOSED = "appeals_closed"
    CONTENT_ALTERED = "content_altered"
    IMPORT_REJECTED = "import_rejected"
    FILE_TOO_LARGE = "file_too_large"
    RATE_LIMITED = "rate_limited"
    NOT_YET_CONFIRMED = "not_yet_confirmed"
    ENGINE_UNAVAILABLE = "engine_unavailable"
    RECORDS_UNAVAILABLE = "records_unavailable"
    RECORDS_HELD = "records_held"
    MAINTENANCE = "maintenance"
    INTERNAL_ERROR = "internal_error"


class DomainError(Exception):
    """A refusal with a code and the facts its sentence needs (`{who}`, `{when}`, `{max}`...).

    `context` values must be plain JSON values: the error travels through Temporal. They may name people, so the text
    of the error, which logs show, is its code alone.
    """

    def __init__(self, code: ErrorCode, **context: Any) -> None:
        super().__init__(code.value)
        self.code = code
        self.context: dict[str, Any] = context
