"""The API does what its document says: every operation, with the token of every role and with none, over the WSGI app."""

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, seed, settings
from jsonschema import Draft202012Validator
from ninja import Schema
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.models import Role, Scope, WebhookEndpoint
from config.api import api
from config.wsgi import application
from marketplaces.channels import ensure_channels
from marketplaces.models import Export
from tests import builders

EXAMPLES = 12
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SCHEMA = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """A test is one transaction: the end of a request must not close its connection (Django's own test client does the same)."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def world(db, broker, settings) -> dict[str, Any]:
    """Rows for the addresses to point at, and a token with all scopes for each role."""
    settings.API_RATE_PER_MINUTE = 1_000_000
    ensure_channels()
    owners = {role: builders.user(f"u-{role}", role=Role(role)) for role in Role.values}
    recipe = builders.recipe(data={"mode": "packshot", "main": True})
    job = builders.job(builders.batch(owners[Role.MANAGER], recipe=recipe), state="failed")
    builders.rendition(job)
    endpoint = WebhookEndpoint.objects.create(user=owners[Role.MANAGER], url="https://shop.example/hook")
    known = {
        "batch_id": job.batch_id, "job_id": job.pk, "sku": job.sku, "name": "google", "endpoint_id": endpoint.pk,
        "export_id": Export.objects.create(state="done").pk,
    }  # fmt: skip
    tokens = {role: builders.token(owner, *Scope.values) for role, owner in owners.items()}
    return {"known": known, "tokens": tokens}


def callers(tokens: dict[str, str]) -> Iterator[dict[str, str]]:
    plain = {"Accept-Encoding": "identity"}
    yield plain
    for secret in tokens.values():
        yield {**plain, **builders.bearer(secret)}


class Done(Exception):
    """Ends a transaction without keeping what was done in it."""


@contextlib.contextmanager
def undone() -> Iterator[None]:
    with contextlib.suppress(Done), transaction.atomic():
        yield
        raise Done


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: f"{one.method.upper()} {one.path}")
def test_operation_answers_as_documented(operation, world):
    @seed(20)
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True,
        phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def holds(case):
        for number, headers in enumerate(callers(world["tokens"])):
            # Every other caller asks for what is there.
            if number % 2 and case.path_parameters:
                case.path_parameters.update(
                    {name: world["known"][name] for name in case.path_parameters if name in world["known"]}
                )
            with undone():
                case.call_and_validate(headers=headers, checks=CHECKS)

    holds()


def test_every_schema_has_a_name_of_its_own():
    """The document knows schemas by name alone: of two with one name, one would be described by the other."""
    modules: dict[str, set[str]] = {}

    def walk(parent: type) -> None:
        for child in parent.__subclasses__():
            modules.setdefault(child.__name__, set()).add(child.__module__)
            walk(child)

    walk(Schema)
    ours = {name: where for name, where in modules.items() if not any(one.startswith("ninja") for one in where)}
    assert {name: where for name, where in ours.items() if len(where) > 1} == {}


def test_every_operation_says_what_it_does_with_an_example():
    document = api.get_openapi_schema()
    bare = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            contents = [body.get("content", {}).get("application/json") for body in bodies]
            if not operation.get("description") or not all(found is None or "example" in found for found in contents):
                bare.append(f"{method} {path}")
    assert bare == []


def test_examples_are_what_the_schemas_ask_for():
    document = json.loads(json.dumps(api.get_openapi_schema(), default=str))
    wrong = []
    for path, methods in document["paths"].items():
        for operation in methods.values():
            for body in (operation.get("requestBody", {}), *operation["responses"].values()):
                for found in body.get("content", {}).values():
                    if "example" in found:
                        whole = {**found["schema"], "components": document["components"]}
                        wrong += [
                            f"{path}: {one.message}"
                            for one in Draft202012Validator(whole).iter_errors(found["example"])
                        ]
    assert wrong == []
