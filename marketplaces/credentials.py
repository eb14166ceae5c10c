"""Content credentials (C2PA): a finished file signed with the operator's own certificate, saying what was done to the photo.

Off until a certificate is given. Signing is the last thing that happens to a file: whatever touches its bytes afterwards
breaks the signature. What is stated is what the provenance of the rendition knows, and nothing else.
"""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from catalog.files import load
from marketplaces.provenance import DRAWN_SCENE, source_type_of
from processing.imaging.metadata import source_type_address
from processing.models import Rendition, Step

ALGORITHMS = ("es256", "es384", "es512", "ps256", "ps384", "ps512", "ed25519")
GENERATOR = {"name": "Firstpass", "version": "1"}
# For a photo whose own file is gone: what is left to say is that an algorithm worked on it.
ENHANCED = "algorithmicallyEnhanced"
_PHOTO = "photo"
_MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
    "TIFF": "image/tiff",
    "HEIF": "image/heif",
}


class SigningError(RuntimeError):
    """The file could not be signed; nothing leaves unsigned where signing is asked for."""


@dataclass(frozen=True)
class Statement:
    """What a signed file says: the acts in their order, and the photo they began with, if it is still there."""

    title: str
    actions: tuple[dict[str, Any], ...]
    photo_path: str = ""
    photo_type: str = ""

    def manifest(self, media_type: str) -> dict[str, Any]:
        return {
            "title": self.title,
            "format": media_type,
            "claim_generator_info": [GENERATOR],
            "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": list(self.actions)}}],
        }

    def key(self) -> str:
        return hashlib.sha256(repr((self.title, self.actions, self.photo_path)).encode()).hexdigest()


@dataclass(frozen=True)
class Signature:
    """One file's signing, ready to be done. `key` changes with whatever the signature depends on but time."""

    statement: Statement
    fingerprint: str

    @property
    def key(self) -> str:
        return f"{self.fingerprint} {self.statement.key()}"

    def sign(self, data: bytes, *, media_type: str, is_trial: bool = False) -> bytes:
        """The file with its manifest, without a thumbnail; a trial asks for no time stamp. SigningError."""
        import c2pa

        quiet = c2pa.Context(settings=c2pa.Settings.from_dict({"builder": {"thumbnail": {"enabled": False}}}))
        signed = io.BytesIO()
        try:
            with (
                _signer(with_time=not is_trial) as signer,
                c2pa.Builder(self.statement.manifest(media_type), quiet) as builder,
            ):
                if self.statement.photo_path:
                    about = {"title": self.statement.title, "relationship": "parentOf", "label": _PHOTO}
                    builder.add_ingredient(
                        about, self.statement.photo_type, io.BytesIO(load(self.statement.photo_path))
                    )
                builder.sign(signer, media_type, io.BytesIO(data), signed)
        except (c2pa.C2paError, OSError, ValueError) as error:
            raise SigningError(f"The file could not be signed: {str(error).splitlines()[0][:200]}") from error
        return signed.getvalue()


def is_on() -> bool:
    return bool(settings.C2PA_CERTIFICATE)


def signature_for(rendition: Rendition, *, title: str, converted: bool = True) -> Signature | None:
    """None while no certificate is given."""
    if not is_on():
        return None
    return Signature(_statement(rendition, title=title, converted=converted), _fingerprint(settings.C2PA_CERTIFICATE))


def problem() -> str:
    """What is wrong with the settings, in a sentence; empty when a file can be signed."""
    if settings.C2PA_ALGORITHM not in ALGORITHMS:
        return f"C2PA_ALGORITHM is {settings.C2PA_ALGORITHM!r}; choose one of {', '.join(ALGORITHMS)}."
    if bool(settings.C2PA_PRIVATE_KEY) == bool(settings.C2PA_SIGNER):
        return "Give either C2PA_PRIVATE_KEY, a file, or C2PA_SIGNER, the dotted name of a function that signs bytes."
    # A tiny file is really signed: a chain that does not fit its key shows only then.
    from PIL import Image

    from processing.imaging.codec import EncodeSettings, encode

    created = {"action": "c2pa.created", "digitalSourceType": source_type_address(ENHANCED)}
    trial = Signature(Statement("trial", (created,)), "")
    try:
        trial.sign(
            encode(Image.new("RGB", (16, 16)), EncodeSettings.named("jpeg")), media_type="image/jpeg", is_trial=True
        )
    except Exception as error:  # whatever the library or the operator's own module throws
        return f"The certificate cannot be used. {error}"
    return ""


def _statement(rendition: Rendition, *, title: str, converted: bool) -> Statement:
    image = rendition.job.source_image
    media_type = _MEDIA_TYPES.get(image.format, "") if image else ""
    path = image.path if image and media_type and _is_there(image.path) else ""
    actions = (_first(rendition, has_photo=bool(path)), *_edits(rendition), {"action": "c2pa.resized"})
    if converted:
        actions = (*actions, {"action": "c2pa.converted"})
    return Statement(title, actions, path, media_type)


def _first(rendition: Rendition, *, has_photo: bool) -> dict[str, Any]:
    if has_photo:
        return {"action": "c2pa.opened", "parameters": {"ingredientIds": [_PHOTO]}}
    address = source_type_address(source_type_of(rendition) or ENHANCED)
    return {"action": "c2pa.created", "digitalSourceType": address}


def _edits(rendition: Rendition) -> list[dict[str, Any]]:
    """One act for each thing the pipeline did to the pixels."""
    facts = rendition.provenance
    steps = {step.name: step for step in rendition.job.steps.filter(name__in=facts.get("steps", {}))}
    acts: list[dict[str, Any]] = []
    if "enhance" in steps:
        acts.append({"action": "c2pa.color_adjustments", **_agent(steps["enhance"])})
    agent = {"name": str(facts.get("engine") or "Firstpass"), "version": str(facts.get("engine_version") or "")}
    acts.append(
        {"action": "c2pa.edited", "description": "The product was cut out of its backdrop.", "softwareAgent": agent}
    )
    if rendition.is_in_set:
        words = f"The product was set before the background {rendition.style}."
        address = source_type_address(source_type_of(rendition) or DRAWN_SCENE)
        acts.append({"action": "c2pa.edited", "description": words, "digitalSourceType": address})
    return acts


def _agent(step: Step) -> dict[str, Any]:
    """Who did it, where that was a hosted model; its pixels are then partly generated."""
    if not step.provider:
        return {}
    return {
        "softwareAgent": {"name": step.provider},
        "digitalSourceType": source_type_address("compositeWithTrainedAlgorithmicMedia"),
    }


def _is_there(path: str) -> bool:
    from django.core.files.storage import default_storage

    return bool(default_storage.exists(path))


def _signer(*, with_time: bool) -> Any:
    """A signer of the library, which is used once. The private key is read each time and never kept by us."""
    import c2pa

    chain = Path(settings.C2PA_CERTIFICATE).read_text(encoding="ascii")
    timestamps = (with_time and settings.C2PA_TIMESTAMP_URL) or None
    if settings.C2PA_SIGNER:
        sign: Callable[[bytes], bytes] = import_string(settings.C2PA_SIGNER)
        algorithm = c2pa.C2paSigningAlg[settings.C2PA_ALGORITHM.upper()]
        return c2pa.Signer.from_callback(sign, algorithm, chain, timestamps)
    info = c2pa.C2paSignerInfo(
        alg=settings.C2PA_ALGORITHM.encode(),
        sign_cert=chain.encode(),
        private_key=Path(settings.C2PA_PRIVATE_KEY).read_bytes(),
        ta_url=timestamps.encode() if timestamps else None,
    )
    return c2pa.Signer.from_info(info)


@lru_cache(maxsize=4)
def _fingerprint(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16]
