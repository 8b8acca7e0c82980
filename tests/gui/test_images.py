"""Images come and go while their thumbnails are drawn in threads."""

import asyncio

from app.core.attachments import from_bytes
from app.core.tasks import Tasks
from app.errors import Problem
from app.ui.launch.images import ImagesField
from tests.shots.things import two_images


def field_with(tasks: Tasks, told: list[Problem]) -> ImagesField:
    return ImagesField(tasks, told.extend, lambda: None)


async def test_an_image_that_is_taken_away_while_it_is_drawn_stays_away(
    loop: asyncio.AbstractEventLoop,
) -> None:
    tasks = Tasks(lambda fault: None)
    field = field_with(tasks, [])
    field.set_urls(two_images())
    field.set_urls([])
    await tasks.drain()
    assert field.urls() == []


async def test_an_image_that_cannot_be_drawn_is_named_and_not_added(loop: asyncio.AbstractEventLoop) -> None:
    tasks, told = Tasks(lambda fault: None), list[Problem]()
    field = field_with(tasks, told)
    found = from_bytes(b"\x89PNG\r\n\x1a\n and no more", "broken.png")
    assert isinstance(found, str)
    field._added(found, "broken.png")
    await tasks.drain()
    assert field.urls() == []
    assert [one.type for one in told] == ["image_broken_of"]
