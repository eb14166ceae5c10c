"""An S3 bucket, plain or behind a CDN. The SDK signs and reads; requests leave through our own guarded client."""

import base64
import hashlib
import io
from collections.abc import Iterator
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import quote

from django.utils.translation import gettext_noop as _

from marketplaces.deliveries import wire
from marketplaces.deliveries.base import LAYOUT, Connector, DeliveryError, Field, Gone, Item, Sent
from marketplaces.deliveries.wire import Answer, checked, refused

FOREVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "public, max-age=300"
_MISSING = (404, 410)
_MOST_BYTES = 200 * 2**20


class S3Connector(Connector):
    label: ClassVar[str] = _("S3 bucket or CDN")
    about: ClassVar[str] = _(
        "Amazon S3 or anything that speaks its protocol, with the address of a CDN in front of it."
    )
    fields: ClassVar[tuple[Field, ...]] = (
        Field("bucket", _("Bucket"), is_required=True),
        Field("region", _("Region"), default="us-east-1"),
        Field("endpoint_url", _("Endpoint"), _("Only for services other than Amazon's, such as https://s3.example.")),
        Field("prefix", _("Prefix"), _("Put before every name, such as shop/amazon.")),
        Field(
            "public_url", _("Public address"), _("Of the CDN or the bucket; it stands before prefix and name in feeds.")
        ),
        LAYOUT,
        Field("access_key", _("Access key"), is_required=True, is_secret=True),
        Field("secret_key", _("Secret key"), is_required=True, is_secret=True),
    )
    asks_first: ClassVar[bool] = True

    def test(self) -> str:
        """Writes, reads and deletes a small object."""
        item = Item("firstpass-test.txt", self.key_of("firstpass-test.txt", "", is_picture=False), "",
                    hashlib.sha256(b"test").hexdigest(), 4, "text/plain")  # fmt: skip
        self.send(item, b"test")
        found = self.find(item)
        self.remove(item, Sent(item.key))
        if found is None:
            raise DeliveryError("not-found", "An object was written, but it is not there.", concerns_target=True)
        public = self.setting("public_url")
        return f"An object was written to {self.setting('bucket')} and deleted again." + (
            "" if public else " Without a public address nobody but you can fetch the pictures."
        )

    def url_of(self, key: str) -> str:
        base = self.setting("public_url")
        return f"{base.rstrip('/')}/{quote(key)}" if base else ""

    def find(self, item: Item) -> Sent | None:
        head = self._call("head_object", Key=item.key)
        if head is None or head["ContentLength"] != item.bytes or head["Metadata"].get("sha256") != item.sha256:
            return None
        return Sent(item.key, self.url_of(item.key))

    def send(self, item: Item, data: bytes) -> Sent:
        """The service computes the checksum itself and refuses what was damaged on the way."""
        digest = hashlib.sha256(data).digest()
        self._call(
            "put_object",
            Key=item.key,
            Body=data,
            ContentType=item.media_type,
            CacheControl=FOREVER if item.is_fixed else ASK_AGAIN,
            ChecksumSHA256=base64.b64encode(digest).decode(),
            Metadata={"sha256": digest.hex()},
        )
        return Sent(item.key, self.url_of(item.key))

    def fetch(self, item: Item, sent: Sent) -> bytes:
        """What the world sees; from the bucket itself where there is no public address."""
        if sent.url:
            answer = wire.request("GET", sent.url, size_bytes=item.bytes, max_bytes=max(item.bytes * 4, _MOST_BYTES))
            # A CDN says 403 for what its bucket does not have.
            if answer.status in (*_MISSING, 403):
                raise Gone(item.key)
            if answer.status != 200:
                raise refused(answer, what="fetching what was sent")
            return answer.data
        found = self._call("get_object", Key=item.key)
        if found is None:
            raise Gone(item.key)
        data: bytes = found["Body"].read()
        return data

    def remove(self, item: Item, sent: Sent) -> None:
        self._call("delete_object", Key=item.key)

    def _call(self, act: str, **options: Any) -> dict[str, Any] | None:
        """The service's answer, None for an object that is not there. DeliveryError."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer: dict[str, Any] = getattr(self._client, act)(Bucket=self.setting("bucket"), **options)
            return answer
        except ClientError as error:
            _raise_unless_missing(error, act)
            return None
        except (BotoCoreError, ValueError) as error:
            message = f"The bucket cannot be used: {type(error).__name__}."
            raise DeliveryError("bucket", message, is_permanent=True, concerns_target=True) from error

    @cached_property
    def _client(self) -> Any:
        import boto3
        from botocore.config import Config

        endpoint = self.setting("endpoint_url")
        client = boto3.client(
            "s3",
            region_name=self.setting("region") or None,
            endpoint_url=checked(endpoint) if endpoint else None,
            aws_access_key_id=self.secrets.get("access_key", ""),
            aws_secret_access_key=self.secrets.get("secret_key", ""),
            config=Config(
                signature_version="s3v4",
                # Tries are ours to count, and checksums are sent where we ask for them.
                retries={"total_max_attempts": 1, "mode": "standard"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )
        client.meta.events.register("before-send.s3", _through_guard)
        return client


def _through_guard(request: Any, **_: Any) -> Any:  # the SDK's name for it
    """Sends the SDK's signed request through the client that checks where each connection goes."""
    from botocore.awsrequest import AWSResponse

    body = request.body or b""
    content = body if isinstance(body, bytes) else body.read() if hasattr(body, "read") else str(body).encode()
    headers = {name: value if isinstance(value, str) else value.decode() for name, value in request.headers.items()}
    answer = _send(request.method, request.url, content, headers)
    return AWSResponse(request.url, answer.status, dict(answer.headers), _Raw(answer.data))


def _send(method: str, url: str, content: bytes, headers: dict[str, str]) -> Answer:
    return wire.request(
        method, url, size_bytes=len(content), max_bytes=_MOST_BYTES, headers=headers, content=content or None
    )


class _Raw(io.BytesIO):
    """A body as the SDK reads it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def _raise_unless_missing(error: Any, act: str) -> None:
    """The error in our words, unless the object is missing. The SDK's own text may hold the key's name."""
    facts = error.response
    status = int(facts.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    code = str(facts.get("Error", {}).get("Code", ""))
    if code == "NoSuchBucket":
        raise DeliveryError("bucket", "There is no such bucket.", is_permanent=True, concerns_target=True)
    if status in _MISSING:
        return
    if code in ("BadDigest", "XAmzContentSHA256Mismatch", "InvalidDigest"):
        raise DeliveryError("damaged", "The file was damaged on the way; it is sent again.")
    if code in ("SlowDown", "RequestLimitExceeded", "TooManyRequests"):
        status = 503
    headers = facts.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    raise refused(Answer(status or 500, headers, b""), what=act.replace("_", " "))
