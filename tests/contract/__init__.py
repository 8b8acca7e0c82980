"""What OpenHands 0.53.0 answers, said once, so that the demo server cannot drift from the truth.

Each case is a coroutine over a `Place`, a server and the little that can be arranged on it. It speaks HTTP and
Socket.IO itself, not through the launcher's client, and sees everything. `test_demo` runs all cases on the demo
server, `tests/real/test_contract.py` the same ones on the real one, and `test_planted` proves that they bite.
"""

from pathlib import Path

import pytest

_parts = (path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))
pytest.register_assert_rewrite(*(f"{__name__}.{part}" for part in _parts))  # a case says what it found
