"""What every test stands on: no screen, no settings of one's own, and one event loop for each async test.

GUI tests are `async def` and await conditions. The loop is made anew for each test, so that one failing test cannot
redden the next; what a test leaves behind, or loses without a word, fails it.
"""

import asyncio
import gc
import inspect
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import pytest

# A shell starts what runs in its background deaf to Ctrl+C, and the programs that tests start would inherit it.
signal.signal(signal.SIGINT, signal.default_int_handler)

SECONDS = 20


@pytest.fixture(autouse=True)
def own_settings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own: no test reads or writes the settings of whoever runs it."""
    home = tmp_path_factory.mktemp("home")
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.delenv("OPENHANDS_API_KEY", raising=False)
    return home


@pytest.fixture(autouse=True)
def own_secrets() -> Iterator[None]:
    """What one test has learned masks nothing in the next."""
    yield
    from app.redaction import of_this_run

    of_this_run.forget()


@pytest.fixture
def loop(qapp: Any) -> Iterator[asyncio.AbstractEventLoop]:
    from app.ui.loop import Loop

    qapp.setQuitOnLastWindowClosed(False)
    faults: list[dict[str, Any]] = []
    loop = Loop(qapp, already_running=False)
    loop.set_exception_handler(lambda _, context: faults.append(context))
    asyncio.set_event_loop(loop)
    yield loop
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    stuck = loop.run_until_complete(_ended(left)) if left else set()
    loop.run_until_complete(loop.shutdown_asyncgens())
    gc.collect()
    for _ in range(25):  # what the collector found is closed step by step, and sockets say goodbye
        loop.run_until_complete(asyncio.sleep(0))
    loop.run_until_complete(loop.shutdown_default_executor())
    asyncio.set_event_loop(None)
    loop.close()
    assert not faults
    assert not stuck, "these went on after they were cancelled"


async def _ended(cancelled: set[asyncio.Task[Any]]) -> set[asyncio.Task[Any]]:
    """Waits for the end of what was cancelled; gives what goes on all the same, which would be waited for for ever."""
    over, stuck = await asyncio.wait(cancelled, timeout=SECONDS / 2)
    for task in over:
        if not task.cancelled():
            task.exception()  # it was nobody's business any more
    return stuck


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    arguments = {name: pyfuncitem.funcargs[name] for name in names}
    loop = pyfuncitem.funcargs.get("loop")
    work = asyncio.wait_for(pyfuncitem.obj(**arguments), _seconds(pyfuncitem))
    if isinstance(loop, asyncio.AbstractEventLoop):
        loop.run_until_complete(work)
    else:
        asyncio.run(work)
    return True


def _seconds(test: pytest.Function) -> float:
    """A test with a timeout of its own has all of it but the last seconds, in which its fixtures end."""
    own = test.get_closest_marker("timeout")
    return float(own.args[0]) - 5 if own else SECONDS


async def until(condition: Callable[[], object], what: str = "", seconds: float = 10) -> None:
    """Waits for a condition, never for time."""
    try:
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.005)
    except TimeoutError:
        pytest.fail(f"never came true: {what or inspect.getsource(condition).strip()}")
