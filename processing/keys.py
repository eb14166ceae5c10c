"""Keys of steps: equal keys mean equal results, across retries, jobs, products and batches."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any


def step_key(*, kind: str, version: str, params: Mapping[str, Any], inputs: Sequence[str]) -> str:
    """SHA-256 of what a step's result depends on.

    version: code and model version of the step; inputs: content hashes or keys of the steps it uses, in order.
    """
    text = json.dumps([kind, version, params, list(inputs)], sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def seed_of(sku: str, style: str, recipe_version: int) -> int:
    """Seed 0..2^63-1 of a product on a style: the same recipe gives the same picture, another product another one."""
    digest = hashlib.sha256(f"{sku}|{style}|{recipe_version}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
