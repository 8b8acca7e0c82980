"""A server as it is typed."""

from pydantic import SecretStr

from app.core.draft import Draft
from app.core.servers import Server, ServerAddress, notes_on_key, parse_address, server_from
from app.errors import Problem


class ServerDraft(Draft):
    """What the server page edits."""

    address: str = ""
    key: SecretStr | None = None

    def to_server(self) -> Server | list[Problem]:
        return server_from(self.address, self.key.get_secret_value() if self.key else "")

    def warnings(self) -> list[Problem]:
        notes = notes_on_key(self.key.get_secret_value()) if self.key else []
        found = parse_address(self.address)
        if isinstance(found, ServerAddress) and found.in_clear:
            in_danger = self.key is not None
            warning = Problem(loc=("address",), type="address_in_clear", blocks=False, is_severe=in_danger)
            return [warning, *notes]
        return notes
