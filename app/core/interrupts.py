"""Ctrl+C and SIGTERM, from the first line of the program to its last.

Their handler raises nothing: a `KeyboardInterrupt` in the middle of an import, a destructor or a slot of Qt is lost
there, or ends in a crash. It asks what runs to end, and where nothing runs yet, or nothing ends, it ends the process.
Little of the standard library, because nothing is loaded before this.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

INTERRUPTED = 130
"""The exit code."""

PATIENCE_S = 1.0
"""Whoever presses Ctrl+C again after this time does not want to wait; sooner it is still the same wish."""

GRACE_S = 4.0
"""How long what runs may take to end."""


class Interrupts:
    """What Ctrl+C and SIGTERM do now. There is one for the process."""

    def __init__(self) -> None:
        self._at_the_end: list[Callable[[], None]] = []
        self.install(lambda: None)

    def install(self, last_words: Callable[[], None], *, listen: bool = False) -> None:
        """As at the start of a program: either ends it at once, after these words."""
        self.came = False
        self._code = INTERRUPTED
        self._last_words = last_words
        self._ask: Callable[[], object] | None = None
        self._asked_at = 0.0
        self._holders: set[object] = set()
        self._held_at: float | None = None
        if listen:
            for number in (signal.SIGINT, signal.SIGTERM):
                if (
                    signal.getsignal(number) is not signal.SIG_IGN
                ):  # a shell's background job is deaf to Ctrl+C
                    signal.signal(number, self._heard)

    def on_interrupt(self, ask: Callable[[], object], last_words: Callable[[], None]) -> None:
        """From now on something runs that ends by itself when it is asked to, with `last_words` if it does not."""
        self._last_words = last_words
        self._ask = ask

    def before_the_end(self, clean_up: Callable[[], None]) -> None:
        """Is called before the process is ended from here, maybe in the middle of anything."""
        self._at_the_end.append(clean_up)

    @contextmanager
    def uninterrupted(self) -> Iterator[None]:
        """What is done here is not torn in two: an interrupt takes effect after it."""
        holder = object()
        self._holders.add(holder)
        try:
            yield
        finally:
            self._holders.discard(holder)
            if not self._holders and self._held_at is not None:
                self._heard()

    @contextmanager
    def writing_result(self, code: int) -> Iterator[None]:
        """While a result is written nothing interrupts it; once it is, its exit code stands, whatever comes."""
        with self.uninterrupted():
            words, self._last_words = self._last_words, lambda: None  # not into the middle of it
            try:
                yield
            except BaseException:
                self._last_words = words
                raise
            self.keep_exit_code(code)

    def keep_exit_code(self, code: int) -> None:
        """What was asked for is over and told: whatever comes now only ends the process, with this exit code."""
        self._code, self._ask, self._last_words = code, None, lambda: None

    def ignore(self) -> None:
        """The program is over, and its exit code stands also while the interpreter ends."""
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) == self._heard:
                signal.signal(number, signal.SIG_IGN)

    def end_now(self) -> None:
        """Ends the process where it stands."""
        with suppress(BaseException):
            self._last_words()
        for clean_up in self._at_the_end:
            with suppress(BaseException):
                clean_up()
        os._exit(self._code)

    def _heard(self, *_: object) -> None:
        now = time.monotonic()
        if self._holders:
            if self._held_at is None:
                self._held_at = now
            if now - self._held_at < PATIENCE_S:
                return
        self._held_at = None
        if self._ask is None:
            self.came = True
            self.end_now()
        elif not self.came:
            self.came, self._asked_at = True, now
            self._ask()
        elif now - self._asked_at >= PATIENCE_S:
            self.end_now()


interrupts = Interrupts()
