"""Approved pictures, and acts on some of them as the gallery's bar sends them."""

from django.urls import reverse

from processing.models import Rendition
from tests import builders


def approved(sku: str, **fields) -> Rendition:
    job = builders.job(image=builders.source_image(builders.variant(sku, **fields)))
    made = builders.rendition(job)
    made.approve()
    return made


def act(client, name: str, *made: Rendition, **fields):
    posted = {"variant": [one.variant_id for one in made], **fields}
    return client.post(reverse(f"gallery-{name}"), posted)
