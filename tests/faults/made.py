"""Steps that make files of a few bytes instead of pictures: the engine is what is tested, and it sees no difference."""

import hashlib
import json

import pytest

from processing.steps import cutout, enhance, prepare, render
from processing.steps.base import File, Result


def instead_of(module):
    def run(work, params):
        seed = hashlib.sha256(work.photo_bytes() + json.dumps(dict(params), sort_keys=True).encode()).digest()
        return Result(tuple(_file(role, seed, params) for role in module.ROLES))

    return run


def _file(role: str, seed: bytes, params) -> File:
    meta = {"spec": params.get("spec", {}), "score": 1.0, "checks": [], "notes": [], "engine": "made"}
    return File(role, role.encode() + seed, "image/png", (8, 8), meta)


@pytest.fixture
def made_steps(monkeypatch):
    for module in (prepare, cutout, enhance, render):
        monkeypatch.setattr(module, "run", instead_of(module))
