"""What no type checker sees: rules that the source keeps, each with the rooms that are its door."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "app"


@dataclass(frozen=True, slots=True)
class Rule:
    """Names that stand only where they are allowed, with the reason."""

    why: str
    names: tuple[str, ...]
    allowed: tuple[str, ...] = ()


RULES = [
    Rule("a modal loop starves the coroutines: open() it", ("exec", "exec_"), ("ui/app.py",)),  # not begun
    Rule(
        "Qt takes a text for HTML and opens its images: app.ui.text",
        ("QLabel", "setToolTip"),
        ("ui/text.py",),
    ),
    Rule(
        "they take their text for HTML: app.ui.dialogs, the bar",
        (
            *("QMessageBox", "QProgressDialog", "QErrorMessage", "QWizard", "QWizardPage", "QInputDialog"),
            *("QTextBrowser", "QWhatsThis", "QSplashScreen"),
            *("setHtml", "insertHtml", "appendHtml", "setWhatsThis", "setStatusTip"),
        ),
    ),
    Rule("it opens the images that it names: app.ui.markdown", ("setMarkdown",), ("ui/markdown.py",)),
    Rule("it opens the images that it names", ("insertMarkdown", "insertImage", "addResource")),
    Rule(
        "it takes its text for HTML",
        ("QToolTip",),
        (
            "ui/theme/install.py",
            "ui/theme/theme.py",
        ),
    ),  # its palette
    Rule("it takes pasted HTML", ("QTextEdit",), ("ui/sessions/quoted_text.py",)),  # read-only
    Rule("its rows make labels that guess at HTML: a column of app.ui.form", ("QFormLayout",)),
    Rule("one gate to other programs", ("QDesktopServices",), ("ui/desktop_services.py",)),
    Rule("no other program is started", ("QProcess", "startfile", "popen")),
    Rule(
        "a page is opened by its one gate; a command has no Qt for it", ("webbrowser",), ("cli/sessions.py",)
    ),
    Rule(
        "two kinds of children: the demo, with an environment of its own, and helpers that end with their group",
        ("subprocess",),
        ("compose.py", "core/child_process.py"),
    ),
    Rule("the theme paints: a style sheet breaks palette and scaling", ("setStyleSheet",)),
    Rule("it re-enters the loop: await a condition", ("processEvents", "waitForFinished")),
    Rule("they drop arguments, and errors: app.core.tasks", ("asyncSlot", "asyncClose")),
    Rule(
        "every coroutine has an owner: app.core.tasks",
        ("create_task", "ensure_future", "run_coroutine_threadsafe"),
        (
            "core/tasks.py",
            "demo/life.py",  # a conversation that lives in the demo, ended with it
            "demo/sockets.py",  # socketio's own tasks, each awaited by the demo
        ),
    ),
    Rule(
        "an SVG may name any file", ("QSvgRenderer", "QSvgWidget", "QGraphicsSvgItem"), ("ui/theme/icons.py",)
    ),
    Rule("a traceback is a report of app.ui.reporter", ("print_exc", "format_exc", "print_exception")),
    Rule(
        "a secret is shown in few places: to the wire, to its own field, to who checks or looks for it",
        ("get_secret_value",),
        (
            "client/transport.py",
            "core/draft.py",
            "core/mcp.py",
            "redaction.py",
            "core/server_draft.py",
            "ui/form.py",
            "ui/mcp/variables.py",
            "wire/schemas.py",
        ),
    ),
]


def used(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every name that is read, imported, inherited or called, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id, node.lineno
        elif isinstance(node, ast.Attribute):
            yield node.attr, node.lineno
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield alias.name.rpartition(".")[2], node.lineno
            if isinstance(node, ast.ImportFrom) and node.module:
                yield node.module.rpartition(".")[2], node.lineno


def broken(rule: Rule, source: str, where: str) -> list[str]:
    """The lines that break it."""
    if where in rule.allowed:
        return []
    return [
        f"{where}:{line}: {name}: {rule.why}" for name, line in used(ast.parse(source)) if name in rule.names
    ]


def rooms() -> Iterator[tuple[str, str]]:
    for path in sorted(APP.rglob("*.py")):
        yield path.relative_to(APP).as_posix(), path.read_text("utf-8")


@pytest.mark.parametrize("rule", RULES, ids=[rule.names[0] for rule in RULES])
def test_the_source_keeps_the_rule(rule: Rule) -> None:
    assert [line for where, source in rooms() for line in broken(rule, source, where)] == []


@pytest.mark.parametrize("rule", RULES, ids=[rule.names[0] for rule in RULES])
def test_a_planted_violation_is_found(rule: Rule) -> None:
    for name in rule.names:
        for planted in (f"{name}(1)", f"x.{name}(1)", f"from a import {name}", f"class A({name}): ..."):
            assert broken(rule, planted, "ui/planted.py"), planted


@pytest.mark.parametrize("rule", RULES, ids=[rule.names[0] for rule in RULES])
def test_every_exception_to_the_rule_is_needed(rule: Rule) -> None:
    sources = dict(rooms())
    for where in rule.allowed:
        assert broken(rule, sources[where], f"not {where}"), f"{where} has no need of it"


def shadowed(source: str) -> list[int]:
    """Lines of f-strings and concatenations inside the call that looks up a translation."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("_", "ngettext")
        and any(isinstance(argument, ast.JoinedStr | ast.BinOp) for argument in node.args)
    ]


def test_a_sentence_is_looked_up_before_it_is_filled() -> None:
    assert shadowed('_(f"{n} problems")') == [1]
    assert {where: lines for where, source in rooms() if (lines := shadowed(source))} == {}


class _Imported(ast.NodeVisitor):
    """Finds the calls that look up a translation while a module is imported: outside of every body."""

    def __init__(self, tree: ast.AST) -> None:
        self.lines: list[int] = []
        self.visit(tree)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for default in (*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)):
            self.visit(default)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - the name that `ast` calls

    def visit_Lambda(self, node: ast.Lambda) -> None:
        for default in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
            self.visit(default)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name) and node.func.id in ("_", "ngettext"):
            self.lines.append(node.lineno)
        self.generic_visit(node)


def test_nothing_is_translated_while_it_is_imported() -> None:
    planted = 'A = {1: _("a")}\nclass B:\n    c = _("c")\ndef d(e=_("e")): return _("f")'
    assert _Imported(ast.parse(planted)).lines == [1, 3, 4]
    found = {where: lines for where, source in rooms() if (lines := _Imported(ast.parse(source)).lines)}
    assert found == {}


BROAD = {"Exception", "BaseException"}

SWALLOWED = {
    "demo/door.py": 1,  # the log has it, and the answer is the 500 of the real server
    "core/interrupts.py": 2,  # the process ends in the next line, whatever fails on the way
    "client/v0/startup_socket.py": 1,  # becomes an error of ours; what it was would quote the key
}
"""Where a broad `except` may neither raise what it caught nor hand it on, and how often."""


def swallowing(source: str) -> list[int]:
    """Lines of broad handlers, `suppress` too, that do not raise again what they caught and do not use it."""
    return sorted(
        node.lineno
        for node in ast.walk(ast.parse(source))
        if (isinstance(node, ast.ExceptHandler) and _is_broad(node.type) and not _is_handed_on(node))
        or (
            isinstance(node, ast.Call)
            and ast.unparse(node.func).rpartition(".")[2] == "suppress"
            and any(map(_is_broad, node.args))
        )
    )


def _is_broad(caught: ast.expr | None) -> bool:
    kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(kind is None or ast.unparse(kind).rpartition(".")[2] in BROAD for kind in kinds)


def _is_handed_on(handler: ast.ExceptHandler) -> bool:
    inside = [node for statement in handler.body for node in ast.walk(statement)]
    is_raised = any(isinstance(node, ast.Raise) and node.exc is None for node in inside)
    return is_raised or any(isinstance(node, ast.Name) and node.id == handler.name for node in inside)


@pytest.mark.parametrize(
    "handler",
    [
        "except: pass",
        "except Exception: pass",
        "except BaseException: pass",
        "except builtins.Exception: pass",
        "except (OSError, Exception): pass",
        "except Exception as fault: pass",
        "except Exception: raise ValueError",
    ],
)
def test_a_handler_that_swallows_every_exception_is_found(handler: str) -> None:
    assert swallowing(f"try: x\n{handler}") == [2]


def test_a_suppression_of_every_exception_is_found() -> None:
    assert swallowing("with suppress(OSError): x\nwith contextlib.suppress(OSError, Exception): x") == [2]


@pytest.mark.parametrize(
    "handler", ["except OSError: pass", "except Exception: raise", "except Exception as fault: report(fault)"]
)
def test_a_handler_that_hands_it_on_is_none(handler: str) -> None:
    assert swallowing(f"try: x\n{handler}") == []


def test_nothing_swallows_every_exception() -> None:
    assert {where: len(lines) for where, source in rooms() if (lines := swallowing(source))} == SWALLOWED


def wall_clocks(source: str) -> list[int]:
    """Lines that ask for the seconds of the wall clock, which jumps when it is set. `datetime` is for what is shown."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute)
        and ast.unparse(node) in ("time.time", "time.time_ns", "time.clock_gettime")
    ]


def test_no_deadline_goes_by_the_wall_clock() -> None:
    assert wall_clocks("import time\nx = time.time()") == [2]
    assert {where: lines for where, source in rooms() if (lines := wall_clocks(source))} == {}
