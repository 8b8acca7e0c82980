"""The event loop: asyncio inside Qt's."""

import sys

from qasync import QEventLoop


class Loop(QEventLoop):  # type: ignore[misc]  # qasync has no types
    """qasync's loop, which also closes the async generators that somebody stopped reading.

    Without asyncio's hooks the collector ends them in the middle: httpx then leaves its socket open, and says
    "async generator ignored GeneratorExit".
    """

    def run_forever(self) -> int | None:
        before = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(
            firstiter=self._asyncgen_firstiter_hook, finalizer=self._asyncgen_finalizer_hook
        )
        try:
            return super().run_forever()  # type: ignore[no-any-return]
        finally:
            sys.set_asyncgen_hooks(*before)
