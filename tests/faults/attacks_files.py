"""Files and texts that are much work: images, replays, what is no file, and letters that nobody sees."""

import asyncio
import os
import tempfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from io import BytesIO
from pathlib import Path

from app import foreign_text
from app.core import attachments, files, imaging, text_files
from app.core.tasks import in_thread
from app.wire import json_text, replay
from tests.faults.attack import Attack, Bounds

MANY = 40


def chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content).to_bytes(4, "big")
    return len(content).to_bytes(4, "big") + kind + content + checksum


def large_png() -> bytes:
    """40 million pixels of four bytes, in 150 kB."""
    width, height = 8_000, 5_000
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x06\0\0\0"
    packer = zlib.compressobj()
    rows = [packer.compress(bytes(1 + 4 * width)) for _ in range(height)]
    pixels = b"".join(rows) + packer.flush()
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def jpeg_of_scans(count: int) -> bytes:
    """Its last scan again and again: each goes over 40 million pixels, and takes 65 bytes."""
    from PIL import Image

    written = BytesIO()
    Image.new("L", (8_000, 5_000)).save(written, "JPEG", progressive=True)
    content = written.getvalue()[:-2]
    return content + content[content.rindex(b"\xff\xda") :] * count + b"\xff\xd9"


async def forty_images(_: str) -> None:
    """In as many threads as there are images."""
    content, loop = await in_thread(large_png), asyncio.get_running_loop()
    with ThreadPoolExecutor(MANY) as pool:
        looks = [loop.run_in_executor(pool, attachments.from_bytes, content, "x") for _ in range(MANY)]
        await asyncio.gather(*looks)


async def thousand_scans(_: str) -> None:
    await in_thread(lambda: attachments.from_bytes(jpeg_of_scans(1_000), "x"))


async def million_segments(_: str) -> None:
    content = await in_thread(jpeg_of_scans, 0)
    await in_thread(attachments.from_bytes, content[:2] + b"\xff\xef\0\2" * 1_200_000 + content[2:], "x")


async def pipe(_: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.mkfifo(Path(folder, "pipe"))
        await in_thread(attachments.from_file, Path(folder, "pipe"))


async def device(_: str) -> None:
    await in_thread(text_files.text_from_file, Path("/dev/zero"), text_files.TEXT_LIMIT, ("replay_json",))


def write_nothing(file: Path) -> None:
    with file.open("wb") as made:
        made.truncate(2**40)


async def sparse_file(_: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "x")
        await in_thread(write_nothing, file)
        await in_thread(text_files.text_from_file, file, text_files.TEXT_LIMIT, ("replay_json",))


def write_lists(file: Path) -> None:
    with file.open("w") as made:
        made.write("[")
        for _turn in range(1_100):
            made.write("[]," * 10_000)
        made.write("[]]")


def chosen(file: Path) -> None:
    """What a window does with the file that somebody chose for a replay."""
    text = text_files.text_from_file(file, text_files.TEXT_LIMIT, ("replay_json",))
    assert isinstance(text, str)
    replay.read(text)


async def replay_of_lists(_: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        await in_thread(write_lists, Path(folder, "x"))
        await in_thread(chosen, Path(folder, "x"))


async def odd_letters(_: str) -> None:
    """All of them different, and read from the right, where marks may pass."""
    text = "\u05d0" + "".join(map(chr, range(0xF0000, 0xF0000 + 49_999)))
    for _turn in range(20):
        foreign_text.safe_text(text, limit=300)
        await asyncio.sleep(0)


def any_number_at_once() -> None:
    imaging.TURNS = imaging._one_at_a_time = nullcontext()  # type: ignore[assignment]


def any_parts() -> None:
    imaging._PARTS = imaging._SCANS = 1 << 40


def any_file() -> None:
    """As programs usually read one."""

    def read(path: Path, limit: int) -> bytes:
        with path.open("rb") as file:
            return file.read()

    for module in (attachments, files, text_files):
        module.read_file = read  # type: ignore[attr-defined]


def any_values() -> None:
    json_text.MOST_VALUES = json_text.MOST_IN_A_ROW = 1 << 40


def any_length() -> None:
    shown = foreign_text.safe_text
    foreign_text.safe_text = lambda text, **_: shown(text, limit=None)


ATTACKS = (
    Attack(
        "forty images of 40 million pixels at once",
        forty_images,
        Bounds(growth_mib=200, gap_ms=500, seconds=60),
        any_number_at_once,
    ),
    Attack(
        "a JPEG that goes over its picture a thousand times",
        thousand_scans,
        Bounds(growth_mib=200, seconds=5),
        any_parts,
    ),
    Attack("a JPEG of a million segments", million_segments, Bounds(growth_mib=160, seconds=2), any_parts),
    Attack("a pipe that nobody writes", pipe, Bounds(growth_mib=16, gap_ms=50, seconds=1), any_file),
    Attack("a device without end", device, Bounds(growth_mib=16, gap_ms=50, seconds=1), any_file),
    Attack("a terabyte of nothing", sparse_file, Bounds(growth_mib=80, gap_ms=50, seconds=2), any_file),
    Attack(
        "a replay of eleven million lists",
        replay_of_lists,
        Bounds(growth_mib=160, gap_ms=100, seconds=5),
        any_values,
    ),
    Attack("50,000 odd letters in a label", odd_letters, Bounds(gap_ms=16, seconds=1), any_length),
)
