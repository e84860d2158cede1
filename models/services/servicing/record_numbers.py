"""记录号 of the forms: one running number per form, institution and year, taken in the transaction that uses it."""

from sqlmodel import Session

from models.stores.services import RecordNumberStore

GREEN_CHANNEL, COMPLAINT, INQUIRY, TOUCHPOINT = "GC", "TS", "ZX", "GH"
"""绿色通道, 投诉, 咨询, 关怀."""


def take(session: Session, series: str) -> int:
    """The next number of a series, from 1 without gaps; held against others until this transaction ends."""
    return RecordNumberStore(session).next(series)


def record_no(session: Session, form: str, institution_code: str, year: int) -> str:
    """The next record number: `GC-BJ-2026-00001`."""
    series = f"{form}-{institution_code}-{year}"
    return f"{series}-{take(session, series):05d}"


def record_nos(session: Session, form: str, institution_code: str, year: int, count: int) -> list[str]:
    """The next so many record numbers, taken together."""
    series = f"{form}-{institution_code}-{year}"
    last = RecordNumberStore(session).next(series, count)
    return [f"{series}-{number:05d}" for number in range(last - count + 1, last + 1)]
