"""The MCP servers of a launch."""
