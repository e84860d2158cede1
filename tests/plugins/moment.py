"""Every test has its own `moment.now()`."""

import pytest

from tests.support import moment


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Before any fixture looks."""
    moment.now.cache_clear()
