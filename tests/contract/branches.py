"""The branches of a repository, which the server looks up with its git token."""

from tests.contract.case import case
from tests.contract.place import NO_REPOSITORY, REPOSITORY, Place
from tests.contract.shapes import BRANCHES, GIT_TOKEN, INVALID, shaped

PATH = "/api/user/repository/branches"


@case
async def the_branches_of_a_repository_come_all_at_once_and_the_main_one_first(place: Place) -> None:
    for query in ({}, {"page": 1, "per_page": 100}):
        answer = await place.http.get(PATH, params={"repository": REPOSITORY, **query})
        assert [one["name"] for one in shaped(BRANCHES, answer)] == ["main", "feature/dark"]


@case
async def a_repository_that_cannot_be_opened_has_no_branches(place: Place) -> None:
    assert shaped(BRANCHES, await place.http.get(PATH, params={"repository": NO_REPOSITORY})) == []
    missing = shaped(INVALID, await place.http.get(PATH), 422)
    assert [one["loc"] for one in missing["detail"]] == [["query", "repository"]]


@case
async def without_a_git_token_no_branches_are_looked_up(place: Place) -> None:
    await place.disconnect_git()
    answer = await place.http.get(PATH, params={"repository": REPOSITORY})
    assert shaped(GIT_TOKEN, answer, 401).startswith("Git provider token required")
