"""What commands print of a conversation with `--json`. These names and values are public: scripts read them."""

from datetime import datetime

from app.cli.console import Facts
from app.core.conversations import Phase
from app.core.servers import ServerAddress
from app.core.session import Session
from app.core.session_state import state_of


def facts_of(row: Session, address: ServerAddress, now: datetime) -> Facts:
    """One conversation for a script. What the server has not said is null."""
    return {
        "conversation_id": row.conversation_id,
        "title": row.title or None,
        "state": state_of(row, now),
        "conversation_status": phase_word(row) or None,
        "agent_state": row.agent_word or None,
        "repository": row.repository or None,
        "branch": row.branch or None,
        "created_at": _moment(row.created_at),
        "last_updated_at": _moment(row.updated_at),
        "url": address.conversation_page(row.conversation_id),
    }


def phase_word(row: Session) -> str:
    """The server's word for its phase; where we know of it before the list does, ours, which is the same."""
    return row.phase_word or ("" if row.phase is Phase.UNKNOWN else row.phase.name)


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
