"""Retention 留存: for how many days each class of record is kept.

Cases, decisions, memberships and published reports are the programme's own records and no class here: nothing deletes
them.
"""

from typing import Annotated, Self

from pydantic import Field, model_validator

from models.retention_types import RecordClass
from models.rulebook.schema.common import Count, Entry, Section

AUDIT_FLOOR_DAYS = 180
"""Logs are kept for six months at least (网络安全法第21条); no rulebook can say less."""


class RetentionTerm(Entry):
    """How many natural days a class of record is kept, counted from the day its matter was over."""

    record_class: RecordClass
    days: Count
    law: str = ""
    """The article of a law that the term follows; empty where none does."""

    @model_validator(mode="after")
    def _keeps_the_floor(self) -> Self:
        if self.record_class is RecordClass.AUDIT and self.days < AUDIT_FLOOR_DAYS:
            raise ValueError(f"the audit trail is kept for {AUDIT_FLOOR_DAYS} days at least")
        return self


class Retention(Section):
    """The terms, one for each class. A class without a term is kept for good."""

    terms: Annotated[tuple[RetentionTerm, ...], Field(max_length=len(RecordClass))] = ()

    @model_validator(mode="after")
    def _names_each_class_once(self) -> Self:
        named = [term.record_class for term in self.terms]
        if len(named) != len(set(named)):
            raise ValueError("a class of record has one term")
        return self

    def term(self, record_class: RecordClass) -> RetentionTerm | None:
        """The term of a class; None: it is kept for good."""
        return next((term for term in self.terms if term.record_class is record_class), None)


DEFAULT_RETENTION = Retention.model_validate({"article": "regulation 2.7", "source": "default"})
"""What a rulebook stored before retention had terms is read with: nothing is deleted."""
