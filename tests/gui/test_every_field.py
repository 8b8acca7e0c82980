"""Every leaf of the request has a widget, or a line here that says why not."""

import asyncio
from collections.abc import Iterator
from typing import get_args, get_origin

import pytest
from pydantic import BaseModel

from app.core.tasks import Tasks
from app.ui.launch.pane import LaunchPane
from app.ui.mcp.dialog import McpServerDialog
from app.wire.schemas import InitSessionRequest

Path = tuple[str, ...]
WITHOUT_WIDGET: dict[Path, str] = {}
MCP_LISTS = ("sse_servers", "shttp_servers", "stdio_servers")


def models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation) if get_origin(annotation) is not None else ():
        yield from models_in(inner)


def leaves(model: type[BaseModel], path: Path = ()) -> Iterator[Path]:
    for name, field in model.model_fields.items():
        inner = list(models_in(field.annotation))
        if not inner:
            yield (*path, name)
        for one in inner:
            yield from leaves(one, (*path, name))


@pytest.fixture
def widgets(loop: asyncio.AbstractEventLoop) -> set[Path]:
    pane = LaunchPane(Tasks(lambda fault: None))
    pane.begin()
    dialog = McpServerDialog(pane, None)
    of_launch = {tuple(map(str, loc)) for loc in pane.form.locs()}
    of_server = {("mcp_config", each, *map(str, loc)) for loc in dialog.form.locs() for each in MCP_LISTS}
    pane.deleteLater()
    return of_launch | of_server


def test_every_leaf_of_the_request_has_a_widget(widgets: set[Path]) -> None:
    assert [leaf for leaf in leaves(InitSessionRequest) if leaf not in widgets | set(WITHOUT_WIDGET)] == []


def test_no_line_says_why_not_for_a_leaf_that_is_not_there() -> None:
    assert set(WITHOUT_WIDGET) <= set(leaves(InitSessionRequest))


def test_the_walk_finds_leaves_through_lists_and_sub_models() -> None:
    found = set(leaves(InitSessionRequest))
    assert ("mcp_config", "stdio_servers", "env") in found
    assert ("suggested_task", "issue_number") in found
    assert ("image_urls",) in found
