"""How a database would run what it is asked: no table that grows may be read from end to end."""

import re
from collections.abc import Callable

from sqlalchemy import Connection, event, text
from sqlmodel import Session

from models.database import Database


def query_plans(database: Database, ask: Callable[[Session], object], *switched_off: str) -> list[str]:
    """The plan of each statement of a question. On PostgreSQL without what an empty table would rather have."""
    found: list[str] = []

    def explain(connection: Connection, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if not statement.startswith("SELECT") or connection.info.get("explaining"):
            return
        connection.info["explaining"] = True
        prefix = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
        found.append("\n".join(str(row[-1]) for row in connection.exec_driver_sql(prefix + statement, parameters)))  # type: ignore[arg-type]  # as the driver got them
        connection.info["explaining"] = False

    with database.read() as session:
        if session.get_bind().dialect.name == "postgresql":
            for name in ("enable_seqscan", *switched_off):
                session.execute(text(f"SET {name} = off"))
        event.listen(database.engine, "before_cursor_execute", explain)
        ask(session)
        event.remove(database.engine, "before_cursor_execute", explain)
    return found


_OPEN = "ix_task_open"
"""Indexes of open tasks alone: all of one is what is open."""
_WHOLE = (
    rf"SCAN {{0}}\b(?! USING (?:COVERING )?INDEX {_OPEN})",
    r"Seq Scan on {0}\b",
    rf"Index (?:Only )?Scan using (?!{_OPEN})\w+ on {{0}}\b[^\n]*\n(?!\s*Index Cond)",
    (
        r"Bitmap Heap Scan on {0}\b[^\n]*\n(?:\s*(?:Recheck|Filter)[^\n]*\n)*"
        rf"\s*->\s*Bitmap Index Scan on (?!{_OPEN})[^\n]*\n(?!\s*Index Cond)"
    ),
)


def read_from_end_to_end(plan: str, tables: tuple[str, ...]) -> list[str]:
    """Of these tables, those whose rows the plan reads all of, index or not."""
    return [table for table in tables if re.search("|".join(_WHOLE).format(table), plan + "\n")]
