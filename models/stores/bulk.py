"""Inserting many rows: the statement and the value converters are made once, the driver does the rest."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect, insert
from sqlmodel import Session, SQLModel

Converter = Callable[[Any], Any]


def insert_many(
    session: Session, table: type[SQLModel], columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert rows whose values stand in the order of `columns`; a column left out must allow NULL."""
    if not rows:
        return
    connection = session.connection()
    sql, order, converters = _prepared(table, tuple(columns), connection.dialect)
    lists = [
        [row[at] for row in rows] if convert is None else [convert(row[at]) for row in rows]
        for at, convert in enumerate(converters)
    ]
    if order is None:
        connection.exec_driver_sql(
            sql, [dict(zip(columns, values, strict=True)) for values in zip(*lists, strict=True)]
        )
    else:
        connection.exec_driver_sql(sql, list(zip(*(lists[at] for at in order), strict=True)))


@lru_cache(maxsize=128)
def _prepared(
    table: type[SQLModel], columns: tuple[str, ...], dialect: Dialect
) -> tuple[str, tuple[int, ...] | None, tuple[Converter | None, ...]]:
    """SQL text, the position of each parameter (None where parameters have names), a converter per column."""
    shape = table.__table__  # type: ignore[attr-defined]
    compiled = insert(shape).compile(dialect=dialect, column_keys=list(columns))
    names = compiled.positiontup
    converters = tuple(shape.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in columns)
    return str(compiled), None if names is None else tuple(columns.index(name) for name in names), converters
