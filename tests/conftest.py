"""Options of all tests."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the long forms be asked for."""
    parser.addoption("--long", action="store_true", help="run the long forms of chaos tests")


@pytest.fixture(scope="session")
def long_form(request: pytest.FixtureRequest) -> bool:
    """Whether tests are to run in their long forms."""
    return bool(request.config.getoption("--long"))
