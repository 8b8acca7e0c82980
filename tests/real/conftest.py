"""One real server for all tests, made ready for each: settings stored, git host connected, none running."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gui.conftest import open_desk
from tests.real.hands import Browser
from tests.real.install import CannotInstall, openhands_python
from tests.real.server import RealServer
from tests.real.stub_gitlab import StubGitLab
from tests.real.stub_model import StubModel

__all__ = ["open_desk"]  # a fixture here too

TEST_DEADLINE_S = 120  # of a test without its fixtures: the first one may have to install OpenHands


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(TEST_DEADLINE_S, func_only=True))


@pytest.fixture(scope="session")
def openhands(request: pytest.FixtureRequest) -> Path:
    """The Python that has OpenHands. Without it the tests fail: they are never skipped."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    try:
        with capture.global_and_fixture_disabled():  # who waits minutes wants to know for what
            return openhands_python()
    except CannotInstall as fault:
        pytest.fail(str(fault), pytrace=False)


@pytest.fixture(scope="session")
def _model() -> Iterator[StubModel]:
    with StubModel() as model:
        yield model


@pytest.fixture(scope="session")
def gitlab() -> Iterator[StubGitLab]:
    with StubGitLab() as gitlab:
        yield gitlab


@pytest.fixture(scope="session")
def _server(
    openhands: Path, _model: StubModel, gitlab: StubGitLab, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealServer]:
    with RealServer(openhands, tmp_path_factory.mktemp("openhands"), _model, gitlab) as server:
        yield server


@pytest.fixture
def model(_model: StubModel) -> Iterator[StubModel]:
    """The model of all servers, asked nothing yet; it answers with a sentence until told otherwise."""
    _model.begin_anew()
    yield _model
    _model.begin_anew()


@pytest.fixture
def server(_server: RealServer, model: StubModel) -> Iterator[RealServer]:
    """The server with settings and a git provider, and without conversations."""
    _server.post_settings()
    _server.add_git_provider()
    yield _server
    model.answers("Never mind.")  # what still hangs would freeze the server
    _server.delete_conversations()


@pytest.fixture
def bare_server(
    openhands: Path, model: StubModel, gitlab: StubGitLab, tmp_path: Path
) -> Iterator[RealServer]:
    """A server of its own on which nothing has been set up yet."""
    with RealServer(openhands, tmp_path, model, gitlab) as server:
        yield server


@pytest.fixture
def browser(qapp: object) -> Iterator[Browser]:
    with Browser() as browser:
        yield browser
