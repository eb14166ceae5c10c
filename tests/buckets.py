"""A loopback S3 server, and settings that put files into a bucket of it."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """Address of a server with an empty bucket named pictures."""
    import boto3
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    client = boto3.client(
        "s3", endpoint_url=address, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    client.create_bucket(Bucket="pictures")
    yield address
    server.stop()


def bucket(address: str, name: str = "pictures") -> dict[str, Any]:
    """The entry of STORAGES for a bucket at this address."""
    return {
        "BACKEND": "catalog.storage.BucketStorage",
        "OPTIONS": {
            "bucket_name": name, "endpoint_url": address, "region_name": "us-east-1", "access_key": "a", "secret_key": "b",
            "signature_version": "s3v4", "addressing_style": "path", "default_acl": None,
        },
    }  # fmt: skip
