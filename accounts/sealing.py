"""Secrets that must be read again are kept encrypted with keys made from SECRET_KEY, one for each purpose."""

import base64
import hashlib

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


def box(purpose: bytes) -> MultiFernet:
    """The first key seals, all open: a changed SECRET_KEY goes on working while the old one is among the fallbacks."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.blake2b(purpose, key=hashlib.sha256(str(key).encode()).digest(), digest_size=32) for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest.digest())) for digest in digests])
