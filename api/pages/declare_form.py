"""What is typed into 附件一: read from the form, from the draft or from the address."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from pydantic import ValidationError

from api.problems import invalid_input
from api.schemas.cases import DeclareBody
from models.types import SeatKind, Tier

CHOICES: tuple[tuple[Tier, SeatKind], ...] = (
    (Tier.GOLD, SeatKind.RANKED),
    (Tier.GOLD, SeatKind.NEW_CUSTOMER),
    (Tier.GOLD, SeatKind.SPECIAL),
    (Tier.SILVER, SeatKind.SILVER),
    (Tier.SILVER, SeatKind.SPECIAL),
)


def choice_value(tier: Tier, seat: SeatKind) -> str:
    """`gold:ranked`: one control for what belongs together."""
    return f"{tier.value}:{seat.value}"


_BY_VALUE = {choice_value(tier, seat): (tier, seat) for tier, seat in CHOICES}


@dataclass(frozen=True, slots=True)
class Typed:
    """The form as typed. `what` is empty until something was chosen."""

    customer_no: str
    year: int
    what: str = ""
    reason: str = ""
    late_reason: str = ""
    signers: tuple[str, ...] = ()
    """Account ids of the signers chosen."""

    @property
    def choice(self) -> tuple[Tier, SeatKind] | None:
        """Tier and seat, or None for something that is no choice."""
        return _BY_VALUE.get(self.what)

    def fields(self) -> dict[str, str]:
        """What a draft keeps."""
        return {
            "what": self.what,
            "reason": self.reason,
            "late_reason": self.late_reason,
            "signers": " ".join(self.signers),
        }

    def with_draft(self, fields: Mapping[str, str]) -> "Typed":
        """What was typed before, where nothing is typed now."""
        return Typed(
            self.customer_no,
            self.year,
            self.what or fields.get("what", ""),
            self.reason or fields.get("reason", ""),
            self.late_reason or fields.get("late_reason", ""),
            self.signers or tuple(fields.get("signers", "").split()),
        )

    def body(self) -> DeclareBody:
        """The same body as over JSON, so that the same declaration is the same request. Raises INVALID_INPUT."""
        tier, seat = self.choice or (self.what, self.what)
        try:
            return DeclareBody.model_validate(
                {
                    "customer_no": self.customer_no,
                    "year": self.year,
                    "tier": tier,
                    "seat": seat,
                    "reason": self.reason,
                    "late_reason": self.late_reason.strip() or None,
                    "signers": self.signers,
                }
            )
        except ValidationError as error:
            raise invalid_input([_at_control(entry) for entry in error.errors()]) from error


def _at_control(entry: object) -> dict[str, object]:
    """The error at the control that a person sees: tier and seat are one."""
    assert isinstance(entry, dict)  # noqa: S101 - pydantic's ErrorDetails
    name = str(entry["loc"][0])
    return {**entry, "loc": ("body", "what" if name in {"tier", "seat"} else name)}


def draft_subject(customer_no: str) -> str:
    """Subject of the draft of a declaration."""
    return f"declare:{customer_no}"


def new_key() -> str:
    """The key of one submission; a form that is shown again after a refusal gets a new one."""
    return uuid4().hex
