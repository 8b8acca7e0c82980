"""Secrets stay out of whatever is shown, logged or reported, in whatever form they are written."""

import base64
import html
import json
import re
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from yarl import URL

from app.foreign_text import part, safe_text
from app.redaction import LONG_LINE, MASK, SHORT, Redactor, learn, redacted, redacted_facts

KEY = 'sk-c/a+n=a&r y?"ü\\1'


def redactor(*secrets: str) -> Redactor:
    one = Redactor()
    for secret in secrets:
        one.learn(SecretStr(secret))
    return one


FORMS = {
    "plain": KEY,
    "in a path": quote(KEY, safe=""),
    "in a query": quote_plus(KEY),
    "in an address": urlencode({"session_api_key": KEY}).partition("=")[2],
    "in base64": base64.b64encode(KEY.encode()).decode(),
    "in base64 for addresses": base64.urlsafe_b64encode(KEY.encode()).decode(),
    "in JSON": json.dumps(KEY)[1:-1],
    "in JSON as it is": json.dumps(KEY, ensure_ascii=False)[1:-1],
    "in JSON within JSON": json.dumps(json.dumps(KEY)[1:-1])[1:-1],
    "in an address of small letters": re.sub("%..", lambda byte: byte[0].lower(), quote(KEY, safe="")),
    "in HTML": html.escape(KEY),
    "in a repr": repr(KEY)[1:-1],
    "in a repr of bytes": repr(KEY.encode())[2:-1],
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_secret_is_masked_in_every_form_it_travels_in(form: str) -> None:
    assert redactor(KEY).clean(f"before {form} after {form}") == f"before {MASK} after {MASK}".replace(
        MASK, MASK + ("=" if form.endswith("=") else "")
    )


def test_the_key_in_an_address_is_masked_however_it_was_quoted() -> None:
    key = "s3cr!t$K(ey)=x@y:z;q"
    address = URL(f"ws://h/socket.io/?{urlencode({'session_api_key': key, 'EIO': 4})}")
    assert "t$K(ey)%3Dx" in str(address)
    assert redactor(key).clean(f"url='{address}'") == f"url='ws://h/socket.io/?session_api_key={MASK}&EIO=4'"


def test_the_longer_of_two_secrets_is_masked_whole() -> None:
    assert redactor("canary", "canary-two").clean("canary-two canary") == f"{MASK} {MASK}"


@pytest.mark.parametrize("secret", [None, SecretStr(""), SecretStr("abc")])
def test_what_is_too_short_to_be_a_secret_tears_no_words_apart(secret: SecretStr | None) -> None:
    one = Redactor()
    one.learn(secret)
    assert one.clean("abc of abc") == "abc of abc"


@given(st.text(min_size=SHORT).filter(lambda text: text not in MASK), st.text(), st.text())
def test_no_secret_gets_through(secret: str, before: str, after: str) -> None:
    told = redactor(secret).clean(before + secret + after)
    assert not [one for one in told.split(MASK) if secret in one]


@given(
    st.text("ab…* ", min_size=SHORT, max_size=12),
    st.text("ab… ", max_size=30),
    st.text("ab… ", max_size=30),
    st.integers(0, 60),
    st.integers(0, 60),
)
def test_a_part_of_a_text_is_masked_as_in_the_whole(
    secret: str, before: str, after: str, start: int, end: int
) -> None:
    """What is left of a secret that is cut at either end is none of its characters."""
    if secret in MASK:
        return
    text = before + secret + after
    start, end = min(start, len(text)), min(end, len(text))
    told = redactor(secret).clean(text, end, start=start)
    kept = "".join("" if _is_in(secret, text, at) else text[at] for at in range(start, end))
    assert set(told.replace(MASK, "")) <= set(kept)
    assert len(told.replace(MASK, "")) <= len(kept)


def _is_in(secret: str, text: str, at: int) -> bool:
    return any(text.startswith(secret, start) for start in range(max(0, at - len(secret) + 1), at + 1))


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("C4N4RY-K3Y-ONE", MASK),
        ("https://C4n4ry-K3y-One.example/", f"https://{MASK}.example/"),
        ("xc4n4ry-k3y-onex", f"x{MASK}x"),
        ("İc4n4ry-k3y-one", f"İ{MASK}"),
        ("c4n4ry-k3y-on", "c4n4ry-k3y-on"),
    ],
)
def test_a_secret_is_masked_whatever_its_case_and_wherever_it_stands(written: str, shown: str) -> None:
    assert redactor("c4n4ry-k3y-one").clean(written) == shown


def test_what_python_folds_by_its_place_in_a_word_is_found_too() -> None:
    assert redactor("ΚΛΕΙΔΑΣΑΣ").clean("ΚΛΕΙΔΑΣΑΣ, ΚΛΕΙΔΑΣΑΣΑ") == f"{MASK}, {MASK}Α"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("the key test is wrong", f"the key {MASK} is wrong"),
        ("“Test”: no", f"“{MASK}”: no"),
        ("the latest tests of test_it", "the latest tests of test_it"),
    ],
)
def test_a_short_secret_is_masked_as_a_word_and_tears_none_apart(text: str, shown: str) -> None:
    assert redactor("test").clean(text) == shown


def test_a_short_secret_is_no_word_where_only_a_cut_makes_it_one() -> None:
    one = redactor("test")
    assert one.clean("tests", 4) == "test"
    assert one.clean("latest", start=2) == "test"
    assert one.clean("a test", 3) == f"a {MASK}"


@pytest.mark.parametrize("end", ["…", "...", "\n\n[…]\n\n", " […] "])
def test_what_somebody_else_has_cut_is_masked_to_its_ellipsis(end: str) -> None:
    one = redactor("c4n4ry-k3y-that-is-long")
    assert one.clean(f"bad: c4n4ry-k3y{end} no") == f"bad: {MASK}{end} no"
    assert one.clean(f"bad: {end}that-is-long, no") == f"bad: {end}{MASK}, no"
    assert one.clean(f"c4n4ry is no key{end}") == f"c4n4ry is no key{end}"


def test_each_line_of_a_secret_with_several_is_one() -> None:
    line = "c4n4ry" * 4
    assert len(line) >= LONG_LINE
    one = redactor(f"-----BEGIN KEY-----\n{line}\nshort\n")
    assert one.clean(f"line 2: {line}") == f"line 2: {MASK}"
    assert one.clean("short") == "short"


def test_a_key_within_something_longer_in_base64_is_masked() -> None:
    key = "c4n4ry-k3y-one"
    for before in ("", "a", "ab", "user:"):
        for after in ("", "z", "zz"):
            written = base64.b64encode(f"{before}{key}{after}".encode()).decode()
            shown = redactor(key).clean(f"Basic {written}")
            assert MASK in shown
            left = shown.removeprefix("Basic ").replace(MASK, "").rstrip("=")
            assert len(left) <= len(written) - len(key) * 8 // 6 + 1


def test_secrets_that_overlap_are_masked_whole() -> None:
    assert redactor("abcdefghij", "fghijklmnop").clean("-abcdefghijklmnop-") == f"-{MASK}-"


def test_what_is_learned_twice_or_later_is_masked_at_once_also_in_a_text_that_was_seen_before() -> None:
    one = redactor("c4n4ry-one")
    assert one.clean("c4n4ry-one c4n4ry-two") == f"{MASK} c4n4ry-two"
    one.learn("c4n4ry-two", "c4n4ry-one")
    assert one.clean("c4n4ry-one c4n4ry-two") == f"{MASK} {MASK}"
    one.forget()
    assert one.clean("c4n4ry-one") == "c4n4ry-one"


# The exits.


@pytest.mark.parametrize("length", [0, 1, 50, 280, 292, 295, 299, 300, 301])
def test_a_sentence_that_is_cut_does_not_cut_a_secret_in_two(length: int) -> None:
    learn("c4n4ry" * 10)
    for single_line in (True, False):
        assert "c4n" not in safe_text("x" * length + "c4n4ry" * 10 + "y" * 400, single_line=single_line)


def test_a_secret_with_white_space_is_masked_in_a_line_too() -> None:
    learn("c4n4ry  with\tspaces")
    assert part("no: c4n4ry  with\tspaces") == f"no: {MASK}"


def test_what_is_read_of_a_text_is_masked_before_it_is_reworded() -> None:
    from app.core.session_words import _beginning_of, _question_in, said_step
    from app.foreign_text import readable

    learn("STATUS$C4N4RY_*k3y*_one")
    assert readable("STATUS$C4N4RY_*k3y*_one") == MASK
    assert said_step("STATUS$C4N4RY_*k3y*_one") == MASK
    said = "Is STATUS$C4N4RY_*k3y*_one right?"
    assert _beginning_of(said) == f"Is {MASK} right?"
    assert _question_in(said) == f"Is {MASK} right?"
    for before in range(960, 1001):
        assert "4RY" not in _question_in("STATUS$C4N4RY_*k3y*_one" + "x" * before + "?")
        assert "4RY" not in _beginning_of("x" * before + "STATUS$C4N4RY_*k3y*_one")


def test_what_becomes_json_stays_json() -> None:
    secret = 'a", "b": "c4n4ry'
    learn(secret, "12345678")
    facts = {"a": [secret, 12345678, None, True], secret: {"b": ("x", f"-{secret}-")}}
    shown = {"a": [MASK, 12345678, None, True], MASK: {"b": ["x", f"-{MASK}-"]}}
    assert redacted_facts(facts) == shown
    assert json.loads(json.dumps(redacted_facts({"x": "a", "b": "c4n4ry"}))) == {"x": "a", "b": "c4n4ry"}


def test_text_without_a_secret_is_the_same_text() -> None:
    learn("c4n4ry-k3y-one")
    text = "x" * 50_000
    assert redacted(text) is text


@pytest.mark.parametrize("size", [70, 200])
def test_a_long_beginning_of_a_secret_is_masked_wherever_it_ends(size: int) -> None:
    key = "c4n4ry" * 100
    assert redactor(key).clean(f"({key[:size]})") == f"({MASK})"


def test_a_long_secret_is_found_wherever_it_stands() -> None:
    one = redactor("c4n4ry-key-of-24-letters")
    for before in range(60):
        assert one.clean("x" * before + "c4n4ry-key-of-24-letters") == "x" * before + MASK


def test_long_secrets_are_not_looked_for_in_a_text_that_has_no_piece_of_any() -> None:
    """However many there are, so many pieces of the text are looked at: what it costs does not grow with them."""
    asked = 0

    class Text(str):
        __slots__ = ()

        def __contains__(self, one: object) -> bool:
            nonlocal asked
            asked += 1
            return str(one) in str(self)

    one = redactor(*(f"c4n4ry-{number:04}-" + "k3y" * 10 for number in range(100)))
    assert list(one._known._signs_in(Text("x" * 50_000))) == []
    assert asked == 0
    assert list(one._known._signs_in(Text("c4n4ry-0007-" + "k3y" * 10))) == ["c4n4ry-0007-" + "k3y" * 10]
    assert asked


@pytest.mark.parametrize("unseen", ["\u200b", "\u00ad", "\u200d", "\ufe0f", "\u034f", "\ufeff"], ids=ascii)
def test_a_secret_is_masked_whatever_nobody_sees_between_its_letters(unseen: str) -> None:
    secret = "sk_live_Abc123-XYZ789qwe"
    learn(secret)
    said = f"Key {unseen.join(secret)} is wrong."
    assert redacted(said) == f"Key {MASK} is wrong."
    assert redacted(f"Caf\u00e9 {unseen} is right.") == f"Caf\u00e9 {unseen} is right."
