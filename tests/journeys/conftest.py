"""What several journeys share."""

import pytest

from tests.journeys.place import Place
from tests.journeys.process import RunningGateway

HELD = """
[relay]
next_hop = "smtp://127.0.0.1:9"
retry = ["1h"]
"""


@pytest.fixture(scope="session", params=["running", "stopped"])
def place(request, tmp_path_factory):
    """An installation whose gateway runs, and one whose does not."""
    gateway = RunningGateway(tmp_path_factory.mktemp(request.param), settings=HELD).start()
    if request.param == "stopped":
        gateway.stop()
    yield Place(gateway, is_running=request.param == "running")
    gateway.stop()
    gateway.process.stdout.close()


@pytest.fixture(scope="session")
def acme(place):
    """A company there."""
    return place.company("Acme s.r.o.")
