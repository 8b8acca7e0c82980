"""A repository, taken from what somebody pasted."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.repositories import Page, PastedRepository, host_in, known_hosts, pasted, ssh_alias_in
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
    ("group/sub/n/-/tree/main", "group/sub/n", GITLAB, "main"),
    ("group/sub/n/-/issues/3", "group/sub/n", GITLAB, ""),
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
    ("https://bitbucket.org/o/n/commits/branch/main", "o/n", BITBUCKET, "main"),
    ("https://bitbucket.org/o/n/commits/tag/v1", "o/n", BITBUCKET, "v1"),
    ("https://bitbucket.org/o/n/commits/branch/feature%2Fx", "o/n", BITBUCKET, "feature/x"),
    ("https://github.com/o/n/commits/branch/main", "o/n", GITHUB, "branch/main"),
    ("git@bitbucket.org:o/n.git", "o/n", BITBUCKET, ""),
    # as it comes along when it is copied
    ("https://github.com/o/n.", "o/n", GITHUB, ""),
    ("<https://github.com/o/n>", "o/n", GITHUB, ""),
    ("<https://github.com/o/n/tree/main>.", "o/n", GITHUB, "main"),
    ('"https://github.com/o/n"', "o/n", GITHUB, ""),
    ("https://github.com/o/n\u200b", "o/n", GITHUB, ""),
    ("\ufeffhttps://git\u00adhub.com/o/n", "o/n", GITHUB, ""),
    ("(https://github.com/o/n).", "o/n", GITHUB, ""),
    ("[the web](https://github.com/o/n)", "o/n", GITHUB, ""),
    ("[o/n](https://github.com/o/n/tree/fix%2Fx).", "o/n", GITHUB, "fix/x"),
    ("git clone https://github.com/o/n.git", "o/n", GITHUB, ""),
    ("`$ git clone git@github.com:o/n.git`", "o/n", GITHUB, ""),
    ("git clone https://github.com/o/n.git my-copy", "o/n", GITHUB, ""),
    ("https://raw.githubusercontent.com/o/n", "o/n", GITHUB, ""),
    ("gh repo clone o/n", "o/n", None, ""),
    ("https://raw.githubusercontent.com/o/n/main/x.py", "o/n", GITHUB, "main"),
    ("https://raw.githubusercontent.com/o/n/refs/heads/dev/x.py", "o/n", GITHUB, "dev"),
    # every way to say where it is
    ("git@github.com:22/o/n.git", "o/n", GITHUB, ""),
    ("git@github.com:2222/o/n.git", "o/n", GITHUB, ""),
    ("git@gitlab.com:2222/group/n.git", "group/n", GITLAB, ""),
    ("https://github.com./o/n", "o/n", GITHUB, ""),
    ("https://github.com:443/o/n", "o/n", GITHUB, ""),
    ("github.com:443/o/n", "o/n", GITHUB, ""),
    ("someone:word@github.com/o/n", "o/n", GITHUB, ""),
    ("GitHub.com/o/n", "o/n", GITHUB, ""),
    ("org-123456@github.com:o/n.git", "o/n", GITHUB, ""),
    ("github.com:o/n.git", "o/n", GITHUB, ""),
    ("git@github.com:/o/n.git/", "o/n", GITHUB, ""),
    ("git+ssh://git@github.com/o/n.git", "o/n", GITHUB, ""),
    ("git+https://github.com/o/n.git", "o/n", GITHUB, ""),
    ("ssh://git@ssh.github.com:443/o/n.git", "o/n", GITHUB, ""),
    ("ssh://git@altssh.gitlab.com:443/g/sub/n.git", "g/sub/n", GITLAB, ""),
    ("ssh://git@altssh.bitbucket.org:443/o/n.git", "o/n", BITBUCKET, ""),
    # branches that the address settles
    ("https://github.com/o/n/blob/refs/heads/main/README.md", "o/n", GITHUB, "main"),
    ("https://github.com/o/n/tree/refs/tags/v1.4.0", "o/n", GITHUB, "v1.4.0"),
    ("https://github.com/o/n/blob/HEAD/README.md", "o/n", GITHUB, ""),
    ("https://github.com/o/n/blob/fix%2Flogin/src/app.py", "o/n", GITHUB, "fix/login"),
    (f"https://github.com/o/n/blob/{'a1' * 20}/src/app.py", "o/n", GITHUB, "a1" * 20),
    ("https://bitbucket.org/o/n/src/0123456789ab/?at=feature%2Flogin", "o/n", BITBUCKET, "feature/login"),
    ("https://bitbucket.org/o/n/src/0123456789ab/a.py?at=refs/heads/fix/it", "o/n", BITBUCKET, "fix/it"),
    ("https://github.com/o/n/tree/main?at=x", "o/n", GITHUB, "main"),
    # a plain name
    ("o/n", "o/n", None, ""),
    ("group/sub/n", "group/sub/n", None, ""),
    ("o/n.git", "o/n", None, ""),
    ("o/n.git/", "o/n", None, ""),
    ("o/n\u200b", "o/n", None, ""),
    ("o/n.", "o/n", None, ""),
    ("jane.doe/n", "jane.doe/n", None, ""),
]


@pytest.mark.parametrize(("text", "repository", "provider", "branch"), PASTED)
def test_a_pasted_address_is_taken_apart(
    text: str, repository: str, provider: ProviderType | None, branch: str
) -> None:
    found = pasted(text)
    assert found is not None
    assert (found.repository, found.git_provider, found.selected_branch) == (repository, provider, branch)


NO_ADDRESS = [
    *(
        "",
        " ",
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
        "github.com/o",
        "codeberg.org/o/n",
        "dev.azure.com/acme/Shop/_git/web",
        "git.acme.example/platform/web",
        "git.acme.example:8443/platform/web",
        "192.168.1.5/acme/web",
        "127.0.0.1/acme/web",
        "10.0.0.5/platform/web",
        "localhost/acme/web",
        "localhost:3000/acme/web",
        "127.1/acme/web",
        "git clone --depth 1 https://github.com/acme/web",
        "git clone https://codeberg.org/acme/web",
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
        "./n",
        "C:/o/n",
        "git@github.com:o/n@x",
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
    for text in ("git@git.example.com:group/sub/n.git", "git@git.example.com:2222/group/sub/n.git"):
        assert pasted(text, hosts) == PastedRepository("group/sub/n", GITLAB)
    assert pasted("https://github.com/o/n", hosts) == PastedRepository("o/n", GITHUB)
    assert pasted("https://other.example.com/o/n", hosts) is None


@pytest.mark.parametrize(
    "hosts", [{"gitlab": "http://["}, {"gitlab": ""}, {"svn": "svn.example.com"}, {"gitlab": "//"}]
)
def test_a_host_of_the_server_that_is_none_stops_nothing(hosts: dict[str, str | None]) -> None:
    assert pasted("https://github.com/o/n", hosts) == PastedRepository("o/n", GITHUB)
    assert pasted("https://svn.example.com/o/n", hosts) is None


@pytest.mark.parametrize(
    ("page", "guess", "others"),
    [
        ("blob/feature/login/src/app.py", "feature/login", ("feature", "feature/login/src")),
        ("blob/jane/login/app.py", "jane", ("jane/login",)),
        ("tree/v1.4.0/docs/api", "v1.4.0", ("v1.4.0/docs", "v1.4.0/docs/api")),
        ("tree/feature/login", "feature/login", ("feature",)),
        ("tree/refs/heads/feature/login", "feature/login", ("feature",)),
        ("tree/v1.4.0", "v1.4.0", ()),
        ("blob/feature/app.py", "feature", ()),
        ("blob/main/docs/api.md", "main", ()),
        ("tree/main/docs/api", "main", ("main/docs", "main/docs/api")),
        ("tree/develop/login", "develop", ("develop/login",)),
        ("tree/trunk/x", "trunk", ("trunk/x",)),
        ("blob/develop/login/app.py", "develop", ("develop/login",)),
        ("commits/main/docs", "main", ("main/docs",)),
        ("tree/develop", "develop", ()),
    ],
)
def test_a_branch_that_an_address_leaves_open_has_other_readings(
    page: str, guess: str, others: tuple[str, ...]
) -> None:
    found = pasted(f"https://github.com/o/n/{page}")
    assert found == PastedRepository("o/n", GITHUB, guess, others)


def test_a_branch_below_a_usual_name_is_taken_once_it_is_known() -> None:
    for text in ("https://github.com/o/n/tree/develop/login", "https://gitlab.com/o/n/-/tree/develop/login"):
        found = pasted(text)
        assert found
        assert found.settled(["main", "develop/login"]).selected_branch == "develop/login"
        assert found.settled(["main", "develop"]).selected_branch == "develop"


@pytest.mark.parametrize(
    ("text", "branch", "page", "unused"),
    [
        ("o/n/tree/main", "main", None, ""),
        ("o/n/blob/main/app/x.py", "main", None, ""),
        ("o/n/src/main/app", "main", None, ""),
        ("o/n/tree/fix%2Flogin?tab=readme#top", "fix/login", None, ""),
        ("o/n/pull/12", "", Page.PULL_REQUEST, "pull/12"),
        ("o/n/issues/3#issuecomment-7", "", Page.ISSUE, "issues/3"),
        ("o/n/commit/abc1234", "", None, "commit/abc1234"),
        ("o/n/issues", "", None, "issues"),
        ("o/n/pulls?q=is%3Aopen", "", None, "pulls"),
        ("o/n/releases/tag/v1", "", None, "releases/tag/v1"),
        ("o/n/actions/runs/33", "", None, "actions/runs/33"),
    ],
)
def test_a_page_whose_host_was_cut_off_is_taken_as_a_guess(
    text: str, branch: str, page: Page | None, unused: str
) -> None:
    found = pasted(text)
    assert found
    assert (found.repository, found.git_provider, found.is_guess) == ("o/n", None, True)
    assert (found.selected_branch, found.page, found.unused) == (branch, page, unused)


@pytest.mark.parametrize(
    "name",
    [
        "group/sub/n",
        "group/sub/src/n",
        "group/sub/issues/n",
        "group/sub/actions",
        "a/b/releases/n",
        "group/sub/tree",
        "group/pull/n/x",
        "a/b/c/d/e",
    ],
)
def test_groups_that_nest_stay_as_they_are(name: str) -> None:
    assert pasted(name) == PastedRepository(name)


@pytest.mark.parametrize(
    ("text", "provider"),
    [
        ("https://github.com/o/n.wiki.git", GITHUB),
        ("git@gitlab.com:o/n.wiki.git", GITLAB),
        ("o/n.wiki.git", None),
    ],
)
def test_a_wiki_stands_for_the_repository_that_it_belongs_to(
    text: str, provider: ProviderType | None
) -> None:
    assert pasted(text) == PastedRepository("o/n", provider, unused=".wiki")


def test_a_host_below_a_path_is_known_with_it() -> None:
    hosts = {"gitlab": "https://git.acme.example/gitlab"}
    found = PastedRepository("platform/web", GITLAB)
    for text in (
        "https://git.acme.example/gitlab/platform/web",
        "git.acme.example/gitlab/platform/web.git",
        "git@git.acme.example:platform/web.git",
        "ssh://git@git.acme.example/platform/web.git",
    ):
        assert pasted(text, hosts) == found
    page = pasted("https://git.acme.example/gitlab/platform/web/-/tree/main", hosts)
    assert page == replace(found, selected_branch="main")
    assert pasted("https://git.acme.example/gitlab/web", hosts) is None


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.5:8443", "localhost"])
def test_a_numeric_or_local_host_is_known_where_the_server_names_it(host: str) -> None:
    assert pasted(f"{host}/platform/web", {"gitlab": f"http://{host}"}) == PastedRepository(
        "platform/web", GITLAB
    )


@pytest.mark.parametrize(
    ("branches", "branch"),
    [
        (["main", "feature", "feature/login"], "feature/login"),
        (["main", "feature/login/src"], "feature/login/src"),
        (["feature"], "feature"),
    ],
)
def test_of_several_readings_the_longest_that_exists_is_right(branches: list[str], branch: str) -> None:
    found = pasted("https://github.com/o/n/blob/feature/login/src/app.py")
    assert found
    assert found.settled(branches) == PastedRepository("o/n", GITHUB, branch)


@pytest.mark.parametrize("branches", [[], ["main", "feature/dark"]])
def test_readings_of_which_none_exists_stay_a_guess(branches: list[str]) -> None:
    found = pasted("https://github.com/o/n/blob/feature/login/src/app.py")
    assert found
    assert found.settled(branches) is found


@pytest.mark.parametrize(
    ("text", "page", "number", "unused"),
    [
        ("https://github.com/o/n/issues/12#issuecomment-7", Page.ISSUE, 12, "issues/12"),
        ("https://github.com/o/n/pull/12/files", Page.PULL_REQUEST, 12, "pull/12/files"),
        ("https://gitlab.com/g/sub/n/-/issues/3", Page.ISSUE, 3, "issues/3"),
        ("https://gitlab.com/g/sub/n/-/work_items/3", Page.ISSUE, 3, "work_items/3"),
        ("https://gitlab.com/g/sub/n/-/merge_requests/8", Page.PULL_REQUEST, 8, "merge_requests/8"),
        ("https://bitbucket.org/o/n/pull-requests/5", Page.PULL_REQUEST, 5, "pull-requests/5"),
        ("https://bitbucket.org/o/n/issues/5/it-breaks", Page.ISSUE, 5, "issues/5/it-breaks"),
        ("https://github.com/o/n/issues/new", None, None, "issues/new"),
        ("https://github.com/o/n/issues/0", None, None, "issues/0"),
        ("https://github.com/o/n/commit/abc1234", None, None, "commit/abc1234"),
        (
            "https://github.com/o/n/compare/main...feature/x",
            None,
            None,
            "compare/main...feature/x",
        ),
        ("https://github.com/o/n/tree/refs/pull/12/head", None, None, "tree/refs/pull/12/head"),
        ("https://bitbucket.org/o/n/commits/0123456789ab", None, None, "commits/0123456789ab"),
        ("https://github.com/o/n/actions", None, None, "actions"),
    ],
)
def test_what_says_neither_repository_nor_branch_is_named(
    text: str, page: Page | None, number: int | None, unused: str
) -> None:
    found = pasted(text)
    assert found
    assert (found.selected_branch, found.other_readings) == ("", ())
    assert (found.page, found.number, found.unused) == (page, number, unused)


@pytest.mark.parametrize(
    "text", ["git.acme.example/platform/web", "www.git.acme.example:8443/platform/web/-/issues"]
)
def test_a_host_of_the_server_needs_no_scheme(text: str) -> None:
    found = pasted(text, {"gitlab": "https://git.acme.example"})
    assert found
    assert (found.repository, found.git_provider) == ("platform/web", GITLAB)


@pytest.mark.parametrize(
    ("text", "alias"),
    [
        ("work:acme/web.git", "work"),
        ("git@Work:acme/web.git", "Work"),
        ("ssh://git@Work:22/acme/web.git", "Work"),
        ("git@github.com-work:acme/web.git", "github.com-work"),
        ("ssh://git@work/acme/web.git", "work"),
        ("git@github.com:acme/web.git", ""),
        ("https://work/acme/web.git", ""),
        ("acme/web", ""),
        ("C:\\acme\\web", ""),
    ],
)
def test_an_alias_of_an_ssh_configuration_is_told_and_resolved(text: str, alias: str) -> None:
    assert ssh_alias_in(text) == alias
    if alias:
        assert pasted(text) is None
        assert pasted(text, None, {alias: "github.com"}) == PastedRepository("acme/web", GITHUB)
        assert pasted(text, {"gitlab": "git.acme.example"}, {alias: "git.acme.example"}) == PastedRepository(
            "acme/web", GITLAB
        )


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("https://codeberg.org/acme/web", "codeberg.org"),
        ("codeberg.org/acme/web", "codeberg.org"),
        ("someone:word@codeberg.org/acme/web", "codeberg.org"),
        ("git@codeberg.org:acme/web", "codeberg.org"),
        ("github.com/acme", "github.com"),
        ("acme/web", ""),
        ("jane.doe/web", ""),
        ("", ""),
        ("https://[", ""),
    ],
)
def test_the_host_of_an_address_is_told_whatever_its_form(text: str, host: str) -> None:
    assert host_in(text) == host


def test_the_hosts_that_a_server_knows_are_told() -> None:
    assert known_hosts() == known_hosts({}) == ["github.com", "gitlab.com", "bitbucket.org"]
    own = {"github": None, "gitlab": "https://git.acme.example:8443/x", "enterprise_sso": None}
    assert known_hosts(own) == ["github.com", "git.acme.example"]


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
        assert found.git_provider is None or isinstance(found.git_provider, ProviderType)
        assert pasted(found.repository)
