"""The least that starts a conversation: what the command line is compared with."""

import sys

import httpx

answer = httpx.post(f"{sys.argv[1]}/api/conversations", json={"initial_user_msg": sys.argv[2]}, timeout=120)
answer.raise_for_status()
print(answer.text)
