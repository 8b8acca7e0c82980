"""A repository, taken from what somebody pasted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.repositories import PastedRepository, pasted
from app.wire import rules
from app.wire.choices import ProviderType

GITHUB, GITLAB, BITBUCKET = ProviderType.GITHUB, ProviderType.GITLAB, ProviderType.BITBUCKET

PASTED = [
    ("https://github.com/o/n", "o/n", GITHUB, ""),
    ("http://github.com/o/n/", "o/n", GITHUB, ""),
    ("  https://github.com/o/n.git\n", "o/n", GITHUB, ""),
    ("https://www.github.com/o/n", "o/n", GITHUB, ""),
    ("HTTPS://GitHub.com/O/N", "O/N", GITHUB, ""),
    ("github.com/o/n", "o/n", GITHUB, ""),
    ("www.github.com/o/n", "o/n", GITHUB, ""),
    ("git@github.com:o/n.git", "o/n", GITHUB, ""),
    ("ssh://git@github.com/o/n.git", "o/n", GITHUB, ""),
    ("ssh://git@github.com:22/o/n", "o/n", GITHUB, ""),
    ("git://github.com/o/n.git", "o/n", GITHUB, ""),
    ("https://someone:word@github.com/o/n", "o/n", GITHUB, ""),
    ("https://github.com/o/n?tab=readme#top", "o/n", GITHUB, ""),
    ("https://github.com/o/n/pull/7", "o/n", GITHUB, ""),
    ("https://github.com/o/n/issues", "o/n", GITHUB, ""),
    ("https://github.com/o/n/tree/main", "o/n", GITHUB, "main"),
    ("https://github.com/o/n/tree/main/app/core", "o/n", GITHUB, "main"),
    ("https://github.com/o/n/tree/feature/login", "o/n", GITHUB, "feature/login"),
    ("https://github.com/o/n/tree/fix%2Flogin", "o/n", GITHUB, "fix/login"),
    ("https://github.com/o/n/blob/dev/README.md", "o/n", GITHUB, "dev"),
    ("https://github.com/o/n/commits/feature/login", "o/n", GITHUB, "feature/login"),
    ("https://github.com/o/n/tree", "o/n", GITHUB, ""),
    ("https://gitlab.com/o/n", "o/n", GITLAB, ""),
    ("https://gitlab.com/group/sub/deep/n.git", "group/sub/deep/n", GITLAB, ""),
    ("https://gitlab.com/group/sub/n/-/tree/main?ref_type=heads", "group/sub/n", GITLAB, "main"),
    ("https://gitlab.com/group/sub/n/-/tree/feature/x", "group/sub/n", GITLAB, "feature/x"),
    ("https://gitlab.com/o/n/-/blob/main/a.py", "o/n", GITLAB, "main"),
    ("https://gitlab.com/o/n/-/issues/3", "o/n", GITLAB, ""),
    ("https://gitlab.com/g/n/tree/main", "g/n", GITLAB, "main"),
    ("https://gitlab.com/group/sub/n/tree/feature/x", "group/sub/n", GITLAB, "feature/x"),
    ("https://gitlab.com/g/n/issues/3", "g/n", GITLAB, ""),
    ("https://gitlab.com/g/n/merge_requests", "g/n", GITLAB, ""),
    ("https://gitlab.com/group/sub/src", "group/sub/src", GITLAB, ""),
    ("https://gitlab.com/raw/tree", "raw/tree", GITLAB, ""),
    ("git@gitlab.com:group/sub/n.git", "group/sub/n", GITLAB, ""),
    ("https://bitbucket.org/o/n", "o/n", BITBUCKET, ""),
    ("https://bitbucket.org/o/n/src/main/", "o/n", BITBUCKET, "main"),
    ("https://bitbucket.org/o/n/src/dev/app/x.py", "o/n", BITBUCKET, "dev"),
    ("https://bitbucket.org/o/n/branch/feature/x", "o/n", BITBUCKET, "feature/x"),
    ("git@bitbucket.org:o/n.git", "o/n", BITBUCKET, ""),
]


@pytest.mark.parametrize(("text", "repository", "provider", "branch"), PASTED)
def test_a_pasted_address_is_taken_apart(
    text: str, repository: str, provider: ProviderType, branch: str
) -> None:
    assert pasted(text) == PastedRepository(repository, provider, branch)


NO_ADDRESS = [
    *(
        "",
        " ",
        "o/n",
        "group/sub/n",
        "owner",
        "https://github.com",
        "https://github.com/",
        "https://github.com/o",
    ),
    *(
        "https://example.com/o/n",
        "https://github.com.evil.example/o/n",
        "https://notgithub.com/o/n",
        "github.com",
    ),
    *(
        "ftp://github.com/o/n",
        "javascript:github.com/o/n",
        "file:///github.com/o/n",
        "https://[github.com/o/n",
    ),
    *(
        "https://gitlab.com/-/profile",
        "https://gitlab.com/o",
        "https://gitlab.com/o/-/x",
        "git@github.com:n",
        "git@:o/n",
        "C:\\o\\n",
        "../o/n",
    ),
    *(
        "https://github.com/settings/tokens",
        "https://github.com/Settings/tokens",
        "https://github.com/orgs/acme/repositories",
        "https://gitlab.com/groups/acme",
        "https://gitlab.com/explore/projects/trending",
        "https://bitbucket.org/account/settings/",
    ),
    *("https://github.com/o/.git", "https://github.com/%20/n", "https://github.com/o%2Fx/n"),
]


@pytest.mark.parametrize("text", NO_ADDRESS)
def test_what_is_no_address_of_a_repository_is_left_alone(text: str) -> None:
    assert pasted(text) is None


@pytest.mark.parametrize(
    "host", ["git.example.com", "https://git.example.com", "https://git.example.com:8443/x"]
)
def test_the_hosts_of_the_servers_own_settings_are_known(host: str) -> None:
    hosts = {"github": None, "gitlab": host}
    for text in (
        "https://git.example.com/group/sub/n/-/tree/main",
        "https://git.example.com:8443/group/sub/n/-/tree/main",
    ):
        assert pasted(text, hosts) == PastedRepository("group/sub/n", GITLAB, "main")
    assert pasted("git@git.example.com:group/sub/n.git", hosts) == PastedRepository("group/sub/n", GITLAB)
    assert pasted("https://github.com/o/n", hosts) == PastedRepository("o/n", GITHUB)
    assert pasted("https://other.example.com/o/n", hosts) is None


@pytest.mark.parametrize(
    "hosts", [{"gitlab": "http://["}, {"gitlab": ""}, {"svn": "svn.example.com"}, {"gitlab": "//"}]
)
def test_a_host_of_the_server_that_is_none_stops_nothing(hosts: dict[str, str | None]) -> None:
    assert pasted("https://github.com/o/n", hosts) == PastedRepository("o/n", GITHUB)
    assert pasted("https://svn.example.com/o/n", hosts) is None


@given(
    st.text()
    | st.from_regex(
        r"(https://|git@|ssh://)?(github\.com|gitlab\.com|bitbucket\.org|g\.example)[/:]\S*", fullmatch=True
    )
)
def test_whatever_is_pasted_comes_back_as_a_repository_or_not_at_all(text: str) -> None:
    found = pasted(text, {"gitlab": "g.example"})
    if found:
        assert rules.repository_name(found.repository) == found.repository
        assert isinstance(found.git_provider, ProviderType)
