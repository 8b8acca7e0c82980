"""The order of images of which some are still being read, and their turns. It knows no widgets."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from app.core.tasks import in_thread

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")


class ReadingQueue:
    """Addresses of images, and between them the keys of those that are still read: each keeps its place."""

    def __init__(self) -> None:
        self._line: list[str] = []
        self._reading: set[str] = set()
        self._turns: asyncio.Semaphore | None = None

    def urls(self) -> list[str]:
        return [one for one in self._line if one not in self._reading]

    def set_urls(self, urls: list[str]) -> None:
        """What is still read stays behind the image that it was given after."""
        line = list(urls)
        for place, key in enumerate(self._line):
            if key in self._reading:
                before = [line.index(one) for one in self._line[:place] if one in line]
                line.insert(max(before, default=-1) + 1, key)
        self._line = line

    def __len__(self) -> int:
        """How many there are, with those that are on their way."""
        return len(self._line)

    def is_reading(self) -> bool:
        return bool(self._reading)

    def awaits(self, key: str) -> bool:
        """Whether what is read under this key is still wanted."""
        return key in self._reading

    def begin(self, key: str) -> None:
        """Keeps a place for an image that is on its way."""
        if key not in self._reading:
            self._line.append(key)
            self._reading.add(key)

    def begin_instead(self, key: str) -> None:
        """One is on its way that will take the place of another."""
        self._reading.add(key)

    def put(self, key: str, url: str) -> None:
        """Into the place that was kept for it."""
        self._reading.discard(key)
        self._line = [url if one == key else one for one in self._line]

    def put_instead(self, key: str, url: str, before: str) -> None:
        """In place of the image that was there; the same image is not there twice."""
        self._reading.discard(key)
        others = [one for one in self._line if one == before or one != url]
        self._line = [url if one == before else one for one in others]

    def end(self, key: str) -> None:
        """Nothing comes under this key any more."""
        self._reading.discard(key)
        self._line = [one for one in self._line if one != key]

    def forget(self) -> None:
        """Nothing that is on its way is wanted any more."""
        self._line = self.urls()
        self._reading.clear()

    async def in_turn(self, look: Callable[[], T]) -> T:
        """What `look` gives, in a thread. Only a few at once: threads that look at images are missing elsewhere,
        and so is their memory.
        """
        import asyncio

        from app.core.imaging import AT_ONCE

        self._turns = self._turns or asyncio.Semaphore(AT_ONCE)
        async with self._turns:
            return await in_thread(look)
