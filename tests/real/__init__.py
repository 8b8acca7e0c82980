"""The launcher's tests against a real OpenHands server, which talks to stubs on loopback only."""
