"""The OpenHands server, spoken to over HTTP and Socket.IO. No Qt, nothing stored."""
