"""Retention as a rule: nothing younger than its term goes, terms name each class once, the trail keeps its floor."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from models.retention_types import RecordClass
from models.rulebook import load_builtin
from models.rulebook.schema.retention import DEFAULT_RETENTION, Retention
from models.rules.retention import cut_off, kept_from

DAYS = st.dates(date(2020, 1, 1), date(2040, 12, 31))
TERMS = st.integers(1, 4000)


@given(today=DAYS, days=TERMS, back=st.integers(0, 5000), minute=st.integers(0, 24 * 60 - 1))
def test_what_was_over_so_many_days_ago_goes_and_nothing_younger(
    today: date, days: int, back: int, minute: int
) -> None:
    """Counted on a wall calendar in Shanghai, whatever the hour: day by day, not in hours."""
    day = today - timedelta(days=back)
    over = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=ZoneInfo("Asia/Shanghai"))
    passed = sum(1 for _ in range(day.toordinal(), today.toordinal()))
    assert (over.astimezone(UTC) < cut_off(today, days)) is (passed > days)
    assert kept_from(today, days).toordinal() == today.toordinal() - days


def _retention(*terms: tuple[str, int]) -> Retention:
    origin = {"article": "网络安全法第21条", "source": "default"}
    rows = [{"record_class": name, "days": days, **origin} for name, days in terms]
    return Retention.model_validate({**origin, "terms": rows})


@given(days=st.integers(-10, 400))
def test_the_trail_is_kept_for_180_days_at_least(days: int) -> None:
    if days >= 180:
        term = _retention(("audit", days)).term(RecordClass.AUDIT)
        assert term is not None
        assert term.days == days
        return
    with pytest.raises(ValidationError):
        _retention(("audit", days))


def test_a_class_has_one_term() -> None:
    with pytest.raises(ValidationError, match="one term"):
        _retention(("links", 200), ("links", 300))


def test_a_rulebook_stored_before_there_were_terms_keeps_everything() -> None:
    assert all(DEFAULT_RETENTION.term(record_class) is None for record_class in RecordClass)


def test_the_shipped_terms_name_every_class_with_its_source() -> None:
    terms = load_builtin().keeping.retention.terms
    assert {term.record_class for term in terms} == set(RecordClass)
    assert all(term.article and term.source for term in terms)
