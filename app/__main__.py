"""The entry: reads the command line, then opens the window."""

import argparse
import logging
import os
import sys
from pathlib import Path

KEY = "OPENHANDS_API_KEY"
INTERRUPTED = 130


def main() -> int:
    """The program; gives its exit code."""
    try:
        return _main()
    except KeyboardInterrupt:
        return INTERRUPTED


def _main() -> int:
    os.umask(0o077)
    # Out of the environment before anything else is started: a child would inherit it.
    key = os.environ.pop(KEY, None)
    options = _parser().parse_args()
    if options.version:
        from importlib.metadata import version

        print(f"OpenHands Launcher {version('openhands-launcher')}")
        return 0
    return _open_window(options, key)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="openhands-launcher",
        description="Starts coding-agent conversations on an OpenHands server.",
        epilog=f"The server's session key is read from {KEY} or from a file, never from the command line.",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--demo", action="store_true", help="start the demo server and connect to it")
    where.add_argument("--server", metavar="URL", help="the server to launch on")
    parser.add_argument("--key-file", metavar="FILE", type=Path, help="a file that holds the server's key")
    parser.add_argument("--debug", action="store_true", help="log to stderr, without secrets")
    parser.add_argument("--version", action="store_true", help="say the version and end")
    return parser


def _open_window(options: argparse.Namespace, key: str | None) -> int:
    from app.core.redaction import RedactingFormatter, Redactor

    redactor = Redactor()
    handler = logging.StreamHandler()
    handler.setFormatter(RedactingFormatter(redactor))
    logging.basicConfig(level=logging.DEBUG if options.debug else logging.ERROR, handlers=[handler])
    try:
        key = options.key_file.read_text("utf-8").strip() if options.key_file else key
    except (OSError, UnicodeDecodeError):
        return _refuse("The key file cannot be read.")
    from pydantic import SecretStr

    from app import words
    from app.core.servers import LOCAL, ServerDraft

    draft = ServerDraft(address=LOCAL if options.server is None else options.server, key=SecretStr(key or ""))
    server = draft.to_server()
    if isinstance(server, list):
        return _refuse(" ".join(words.problem(one) for one in server))
    redactor.learn(server.key)
    from app.ui.app import Options, run  # takes longest: a refusal comes at once

    return run(Options(server if options.server else None, server.key, options.demo), redactor)


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
