"""What a window costs that nobody touches."""

import time
from pathlib import Path

import psutil

from tests.bench.measure import Figure, alone
from tests.bench.start import screen, settled, started
from tests.demo import running
from tests.demo.pace import Pace
from tests.demo.server import DemoServer

MINUTE_S = 60.0
MINUTES = 3


def idle(n: int) -> list[Figure]:
    """Processor time and wake-ups in a minute, connected to a server where nothing happens."""
    with (
        screen("offscreen") as where,
        running(DemoServer(pace=Pace.quick(), recording=False)) as demo,
        started("ours", where, "--server", demo.address) as child,
    ):
        process = psutil.Process(child.pid)
        settled(process)
        minutes = [_minute(process) for _ in range(min(n, MINUTES))]
    return [
        alone(
            "idle_cpu",
            "Processor time in an idle minute, with a quiet server",
            "s",
            [one for one, _ in minutes],
        ),
        alone(
            "idle_wakes", "Wake-ups in an idle minute, of all threads", "", [wakes for _, wakes in minutes]
        ),
    ]


def _minute(process: psutil.Process) -> tuple[float, float]:
    before = _spent(process)
    time.sleep(MINUTE_S)
    after = _spent(process)
    return after[0] - before[0], after[1] - before[1]


def _spent(process: psutil.Process) -> tuple[float, float]:
    """Seconds of the processor, and how often one of its threads gave it up by itself."""
    times = process.cpu_times()
    return times.user + times.system, sum(map(_switches, Path(f"/proc/{process.pid}/task").glob("*/status")))


def _switches(status: Path) -> int:
    lines = status.read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt_switches"))
