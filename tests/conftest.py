from collections.abc import Iterator

import dramatiq
import pytest
from django.test import Client

from accounts.models import Role, User
from processing import leases
from tests import builders
from tests.buckets import s3 as s3


@pytest.fixture
def broker() -> Iterator[dramatiq.brokers.stub.StubBroker]:
    """The stub broker, emptied before and after."""
    stub = dramatiq.get_broker()
    stub.flush_all()
    yield stub
    stub.flush_all()
    leases.STOPPING.clear()  # a worker that a test stopped leaves word of it for its whole process


@pytest.fixture
def operator(db: None) -> User:
    return builders.user("olga", role=Role.OPERATOR)


@pytest.fixture
def reviewer(db: None) -> User:
    return builders.user("rita", role=Role.REVIEWER)


@pytest.fixture
def manager(db: None) -> User:
    return builders.user("mona", role=Role.MANAGER)


@pytest.fixture
def integrator(db: None) -> User:
    return builders.user("ivan", role=Role.INTEGRATOR)


@pytest.fixture
def signed_in(client: Client, operator: User) -> Client:
    client.force_login(operator)
    return client


@pytest.fixture
def as_reviewer(client: Client, reviewer: User) -> Client:
    client.force_login(reviewer)
    return client


@pytest.fixture
def as_manager(client: Client, manager: User) -> Client:
    client.force_login(manager)
    return client
