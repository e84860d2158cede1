"""Shared by all tests; plugins live in `tests/plugins`."""

pytest_plugins = ["tests.plugins.browser", "tests.plugins.postgres", "tests.plugins.power", "tests.plugins.service"]
