"""One way through all pages of the server's list."""

from dataclasses import dataclass, field

PAGE = 100
"""How many rows are asked for at once."""

PAGES = 200
"""How many pages are read at most: twice what 10,000 rows fill, for a filter of the server leaves some half empty."""


@dataclass(slots=True)
class Pass:
    """How far it has come, and whether it came to its end."""

    began: float
    page_id: str | None = None
    """The page to be read next; None: the first."""
    is_whole: bool = False
    """Whether the last page was read."""
    is_cut_short: bool = False
    """Whether there was more than we read."""
    pages: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)

    def goes_on(self, page_id: str | None) -> bool:
        """Turns to the page that the last one named. False at the end, also of what goes in circles, or on for ever."""
        self.is_whole = not page_id
        if not page_id or page_id in self.pages:
            return False
        self.is_cut_short = len(self.pages) + 1 >= PAGES
        self.pages.add(page_id)
        self.page_id = page_id
        return not self.is_cut_short
