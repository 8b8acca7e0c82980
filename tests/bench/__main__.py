"""`python -m tests.bench [--json FILE] [--times N] [NAME …]`: takes the figures, all or those that are named."""

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from tests.bench import commands, idle, press, smooth, start
from tests.bench.machine import machine
from tests.bench.measure import Figure, as_json, from_json, markdown, table

FIGURES: dict[str, Callable[[int], list[Figure]]] = {
    "first_paint": start.first_paint,
    "memory": start.memory,
    "press": press.press,
    "list": smooth.list_,
    "typing": smooth.typing,
    "idle": idle.idle,
    "help": commands.help_,
    "launch": commands.launch,
}
TIMES = 11


def main() -> int:
    """The figures are told, not judged: 1 only when one could not be taken."""
    options = _parser().parse_args()
    if options.markdown:
        print(markdown(*from_json(json.loads(options.markdown.read_text("utf-8")))))
        return 0
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed has its bytecode
    figures: list[Figure] = []
    faults = 0
    for name in options.names or FIGURES:
        print(f"Taking {name} …", file=sys.stderr, flush=True)
        try:
            figures += FIGURES[name](options.times)
        except Exception as fault:  # noqa: BLE001 - the others can be taken all the same
            print(f"{name} could not be taken: {str(fault) or type(fault).__name__}", file=sys.stderr)
            faults += 1
    print(table(figures))
    if options.json:
        where = machine(" and ".join(start.platforms()))
        options.json.write_text(json.dumps(as_json(where, figures), indent=2) + "\n", "utf-8")
    return 1 if faults else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dev.py bench", description=main.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*FIGURES, []], help=", ".join(FIGURES))
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the figures and the machine there")
    parser.add_argument(
        "--markdown", metavar="FILE", type=Path, help="print the table of such a file, and end"
    )
    parser.add_argument("--times", metavar="N", type=int, default=TIMES, help="how often, %(default)s times")
    return parser


if __name__ == "__main__":
    sys.exit(main())
