"""Signed webhooks as Replicate sends them: once, twice, forged, old, or late, as planned."""

import json
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from standardwebhooks import Webhook

SECRET = "whsec_bG9vcGJhY2stc2VjcmV0LW9mLW5vLXdvcnRo"
FORGER = "whsec_Zm9yZ2VkLXNlY3JldC1vZi1uby13b3J0aC1hdC1hbGw="
# The vendor takes its time, so that a call is usually still being waited for.
DELAY_S = 0.5
LATE_S = 20.0
OLD = timedelta(minutes=30)


def signed(row: dict[str, Any], *, how: str = "once") -> tuple[bytes, dict[str, str]]:
    """Body and headers of a webhook about a prediction."""
    body = json.dumps(row)
    name, at = f"msg_{uuid.uuid4().hex}", datetime.now(UTC) - (OLD if how == "old" else timedelta(0))
    signature = Webhook(FORGER if how == "forged" else SECRET).sign(name, at, body)
    headers = {"webhook-id": name, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}
    return body.encode(), headers


def tell(url: str, row: dict[str, Any], *, how: str) -> threading.Thread:
    """Sends it from a thread of its own."""
    thread = threading.Thread(target=_send, args=(url, row, how), daemon=True)
    thread.start()
    return thread


def _send(url: str, row: dict[str, Any], how: str) -> None:
    time.sleep(LATE_S if how == "late" else DELAY_S)
    body, headers = signed(row, how=how)
    for _ in range(2 if how == "twice" else 1):
        try:
            httpx.post(url, content=body, headers={**headers, "content-type": "application/json"}, timeout=5)
        except httpx.HTTPError:
            return
