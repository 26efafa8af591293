"""A loopback feed server for the tests that fetch."""

from collections.abc import Iterator

import pytest

from tests.feed_server import FeedServer


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        yield running
