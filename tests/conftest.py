"""Shared by all tests; plugins live in `tests/plugins`."""

pytest_plugins = [
    "tests.plugins.browser",
    "tests.plugins.moment",
    "tests.plugins.order",
    "tests.plugins.postgres",
    "tests.plugins.power",
    "tests.plugins.service",
]
