"""The type of a column about a key contact: it fetches the contact's key beside the value, in the same statement.

To write it, a value has to say whose it is (`Known`); one that does not is refused.
"""

from typing import Any

from sqlalchemy import ColumnClause, ColumnElement, LargeBinary, Uuid, cast, func, literal, select, type_coerce
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table
from sqlalchemy.engine import Dialect

from models.encryption import EncryptedText
from models.person_keys import NO_KEY, SEALED_KEY_BYTES, Known, open_sealed, seal
from models.retention_types import ERASED

_KEYS = sql_table("person_key", sql_column("contact_id", Uuid()), sql_column("sealed_key", LargeBinary()))


class PersonalText(EncryptedText):
    """Text column about the person whom the column `person` of the same row names by contact id.

    Once the key is gone, `gone` is read where a value stood.
    """

    cache_ok = True

    def __init__(self, context: str, person: str, gone: str | None) -> None:
        super().__init__(context)
        self.person = person
        self.gone = gone

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """The key, or `NO_KEY`, before the value: both are read in one statement and nobody needs to know of it."""
        table = column.table if isinstance(column, ColumnClause) else None
        person = table.c.get(self.person) if table is not None else None
        if table is None or person is None:
            raise TypeError(f"{self.context} is read beside its person only")
        key = select(_KEYS.c.sealed_key).where(_KEYS.c.contact_id == person).correlate(table).scalar_subquery()
        found = func.coalesce(key, literal(NO_KEY, LargeBinary()))
        return type_coerce(cast(found.op("||")(type_coerce(column, LargeBinary)), LargeBinary), self)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Seal; `ERASED` stands for itself. Raises TypeError for a text that does not say whose it is."""
        if value is None:
            return None
        if isinstance(value, Known):
            return seal(value, value.sealed_key, self.context.encode())
        if value == ERASED:
            return b""
        raise TypeError(f"{self.context} is written with the key of its person")

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:
        """Open with the key that came along."""
        if value is None:
            return None
        sealed_key, sealed = bytes(value[:SEALED_KEY_BYTES]), bytes(value[SEALED_KEY_BYTES:])
        if not sealed or sealed_key == NO_KEY:
            return self.gone
        return open_sealed(sealed, sealed_key, self.context.encode())
