"""The approval route of a case: which level decides each step of the procedure (regulation 2.4)."""

from collections.abc import Mapping, Sequence

from models.messages.approval import RouteStep, SignerSpec
from models.rulebook import Procedure, ProcedureStep, StepSigner
from models.types import InstitutionLevel, SeatKind, Stage, Tier


def route(
    procedure: Procedure,
    levels: Mapping[InstitutionLevel, str],
    *,
    year: int,
    tier: Tier,
    seat_kind: SeatKind,
) -> tuple[RouteStep, ...]:
    """The steps after the declaration, up to the one that is final for the tier.

    `levels` holds the code of the customer's institution of each level. A level it lacks gives a step without
    institution: skipped and shown as skipped. Special declarations 特批 always end at head office, and so does
    what the missing level would have decided last: a case is never without a step.
    """
    steps = [step for step in procedure.steps if step.stage is not Stage.DECLARED]
    return tuple(
        RouteStep(
            stage=step.stage,
            role=step.role,
            institution_code=levels.get(step.level),
            due_on=step.due_on(year),
            may_reject=step.may_reject,
            may_correct_facts=step.may_correct_facts,
            rule=step.rule,
            needed=step.needed,
            percent=step.percent,
            signers=tuple(
                SignerSpec(**signer.model_dump(include=set(SignerSpec.model_fields))) for signer in step.signers
            ),
            looks_at=step.looks_at,
        )
        for step in _until_final(steps, levels, tier, seat_kind)
    )


def _spec(signer: StepSigner) -> SignerSpec:
    return SignerSpec(**signer.model_dump(include=set(SignerSpec.model_fields)))


def _until_final(
    steps: Sequence[ProcedureStep], levels: Mapping[InstitutionLevel, str], tier: Tier, seat_kind: SeatKind
) -> Sequence[ProcedureStep]:
    if seat_kind is SeatKind.SPECIAL:
        return steps
    for position, step in enumerate(steps):
        if step.final_for is tier and step.level in levels:
            return steps[: position + 1]
    return steps
