"""What the launcher does. No Qt, no HTTP, no SQL: it asks for what it needs as Protocols."""
