"""The key in a file: alone, or in a file of variables, however it was saved."""

import pytest

from app.cli.server import key_in
from app.core.text_files import decoded

KEY = "k3y-c4n4ry+/=%&"


@pytest.mark.parametrize(
    "content",
    [
        f"{KEY}\r\n",
        f"export SESSION_API_KEY='{KEY}'\n",
        f'# mine\r\n\r\nPORT=3000\r\nSESSION_API_KEY="{KEY}" # the server\'s\r\n',
        f"SESSION_API_KEY=another\nset OPENHANDS_API_KEY = {KEY} # this one\n",
        f"OPENHANDS_API_KEY=old\nOPENHANDS_API_KEY={KEY}\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_key_file_is_read_as_it_was_saved(content: str, encoding: str) -> None:
    assert key_in(decoded(content.encode(encoding))) == KEY


def test_one_line_that_is_no_variable_of_ours_is_a_key() -> None:
    """A key may well end in =."""
    assert key_in("QUJDRA==\n") == "QUJDRA=="
    assert key_in("") == key_in("SESSION_API_KEY=") == ""
    for other in ("PORT=3000\nHOST=x", "MY_API_KEY=x", "export KEY=x"):
        assert key_in(other) is None
    assert key_in("MYKEY==") == "MYKEY=="
