"""Markers of slow tests, and the data that some tests measure the shipped models on.

    python -m pytest -m "not browser"    what needs no Chromium
    python -m pytest -m "not training"   without the trainings of small models

Data is never part of this repository. Tests that need it look in the folder that PLAYGROUND_DATA names, else in
`data/`, and are skipped where it is missing. With DATA_REQUIRED=1, as in .ci/run, such a skip is a failure.
"""

import os
import signal
from pathlib import Path

import pytest

# several processes share the cores: torch, which is imported later, takes no more than its part of them
if workers := int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 0)):
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // workers)))

TESTS = Path(__file__).parent
DATA_VARIABLE = "PLAYGROUND_DATA"


def pytest_collection_modifyitems(items):
    for item in items:
        path = Path(item.path)
        if path.is_relative_to(TESTS / "browser"):
            item.add_marker("browser")
        elif path.name == "test_training.py":
            item.add_marker("training")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """With DATA_REQUIRED a test that is skipped because data is missing fails."""
    report = yield
    if report.skipped and os.environ.get("DATA_REQUIRED") and DATA_VARIABLE in str(call.excinfo.value):
        report.outcome = "failed"
        report.longrepr = f"{call.excinfo.value} (DATA_REQUIRED is set)"
    return report


@pytest.fixture(scope="session", autouse=True)
def trainings_in_time():
    """GPTs of visitors' texts are trained at the common priority: beside other tests the lowest would take minutes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("demo.lm.trainings.NICE", 0)
        yield


@pytest.fixture
def ctrl_c():
    """Programs that the test starts hear Ctrl-C, even where the tests run in the background of a shell."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # an ignored signal would be inherited
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def data_folder():
    """data_folder("MNIST/raw") -> the folder of the data, or a skip that names what is missing in it."""
    folder = Path(os.environ.get(DATA_VARIABLE, "data"))

    def find(*needed):
        for name in needed:
            if not (folder / name).exists():
                pytest.skip(f"{name} is missing in {folder}: set {DATA_VARIABLE} to the folder that holds it")
        return folder

    return find
