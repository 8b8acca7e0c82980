"""What OpenHands 0.53 to 0.62 take of a launch, and what they do with it."""

from app.core.servers import Capabilities
from app.wire.choices import TaskType

V0 = Capabilities(
    {"conversation_id": "extra_forbidden"},
    # In the schema, but the server has no prompt for them: it answers 500.
    fails_on_tasks=frozenset({TaskType.OPEN_PR, TaskType.CREATE_MICROAGENT}),
    running_at_once=3,
)
"""As released. A server may also be started so that it takes an id; then its document says so."""
