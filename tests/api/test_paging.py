"""Cursors are sent by anybody: what no list of ours wrote is refused at its field, and never a fault."""

from uuid import uuid4

import pytest

from api.paging import Paging, decode_cursor, encode_cursor
from models.errors import DomainError, ErrorCode

ID = str(uuid4())


@pytest.mark.parametrize(
    "key",
    [
        ("\ud800", ID),
        ("2026-01-01T00:00:00+00:00", "\x00"),
        ("0001-01-01T00:00:00+14:00", ID),
        ("9999-12-31T23:59:59-14:00", ID),
        ("2026-13-01", ID),
        (1, ID),
        ("2026-01-01T00:00:00+00:00",),
    ],
)
def test_a_cursor_that_no_list_wrote_is_refused(key: tuple[str | int, ...]) -> None:
    cursor = encode_cursor(tuple(key)) if "\ud800" not in key else "WyJcdWQ4MDAiLCAieCJd"
    with pytest.raises(DomainError) as refused:
        Paging(after=decode_cursor(cursor)).instant_and_id()
    assert refused.value.code is ErrorCode.INVALID_INPUT
    assert [entry["reason"] for entry in refused.value.context["errors"]] == ["bad_cursor"]


def test_a_cursor_of_ours_comes_back() -> None:
    paging = Paging(after=decode_cursor(encode_cursor(("2026-03-01T08:00:00+08:00", ID))))
    found = paging.instant_and_id()
    assert found is not None
    assert (found[0].isoformat(), str(found[1])) == ("2026-03-01T00:00:00+00:00", ID)
