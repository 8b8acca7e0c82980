"""What the figures were taken on; neither its name nor a path."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil


def machine(qt_platforms: str) -> dict[str, Any]:
    """As the JSON file tells it."""
    return {
        "cpu": _cpu(),
        "cpus": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "os": _system(),
        "python": platform.python_version(),
        "qt": version("PySide6-Essentials"),
        "platform": qt_platforms,
        "date": datetime.now(UTC).date().isoformat(),
        "version": version("openhands-launcher"),
    }


def _cpu() -> str:
    """Its model, as the system calls it."""
    if platform.system() == "Linux":
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _system() -> str:
    if platform.system() == "Linux":
        return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    return f"{platform.system()} {platform.release()}"
