"""Other rules than the built-in ones, put in force behind everybody's back."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from models.database import Database
from models.rulebook import Rulebook, digest_of, from_json, load_builtin, to_json
from models.rulebook.schema.procedure import StepSigner
from models.stores.rulebooks import RulebookStore
from models.tables.rulebook import RulebookVersion
from models.types import SYSTEM_IMPORT, Stage

Change = Callable[[Rulebook], Rulebook]


def put_in_force(database: Database, *changes: Change) -> None:
    """The built-in rulebook with changes, as the version in force now."""
    book = load_builtin()
    for change in changes:
        book = change(book)
    content = to_json(book)
    assert from_json(content) == book
    with database.write() as session:
        store = RulebookStore(session)
        row = RulebookVersion(
            code=book.code,
            version=store.last_number(book.code) + 1,
            effective_on=book.effective_on,
            content=content,
            digest=digest_of(content),
            created_at=datetime.now(UTC),
            created_by=SYSTEM_IMPORT,
            reason="test",
        )
        store.insert(row)


def step(stage: Stage, **fields: Any) -> Change:
    """One step with other signers or another rule; `signers` are fields of each."""
    signers = tuple(
        StepSigner.model_validate({"article": "regulation 2.4", "source": "default", **signer})
        for signer in fields.pop("signers", ())
    )

    def change(book: Rulebook) -> Rulebook:
        steps = tuple(
            old.model_copy(update={**fields, "signers": signers}) if old.stage is stage else old
            for old in book.procedure.steps
        )
        return book.model_copy(update={"procedure": book.procedure.model_copy(update={"steps": steps})})

    return change


def reminders(**fields: Any) -> Change:
    """Other reminders."""

    def change(book: Rulebook) -> Rulebook:
        desk = book.desk.model_copy(update={"reminders": book.desk.reminders.model_copy(update=fields)})
        return book.model_copy(update={"desk": desk})

    return change
