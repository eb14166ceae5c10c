"""Tags on many variants at once. What an act has changed is told, so that it can be taken back and nothing else with it."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet, Value
from django.db.models.functions import Lower
from django.utils.translation import gettext

from catalog.models import Tag, Variant

_LONGEST = Tag._meta.get_field("name").max_length or 0


def clean(text: str) -> str:
    """The name of a tag as it is kept: one line, no blanks around. Raises ValueError with a sentence for one that cannot be."""
    name = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    if not name:
        raise ValueError(gettext("A tag needs a name."))
    if len(name) > _LONGEST:
        raise ValueError(gettext("A tag has at most %(n)s characters.") % {"n": _LONGEST})
    return name


def named(name: str) -> QuerySet[Tag]:
    """The tag of this name, if there is one: large and small letters are the same."""
    return Tag.objects.alias(small=Lower("name")).filter(small=Lower(Value(name)))


def make(name: str) -> Tag:
    """The tag of this clean name, also when somebody else makes it meanwhile."""
    if known := named(name).first():
        return known
    Tag.objects.bulk_create([Tag(name=name)], ignore_conflicts=True)
    return named(name).get()


@transaction.atomic
def add(tag: Tag, variants: Sequence[int]) -> list[int]:
    """Puts the tag on these variants. Returns the ids of those that did not have it."""
    rows = Variant.objects.select_for_update().filter(pk__in=variants).exclude(tags=tag).order_by("pk")
    fresh = list(rows.values_list("pk", flat=True))
    links = Variant.tags.through
    links.objects.bulk_create([links(variant_id=one, tag_id=tag.pk) for one in fresh], ignore_conflicts=True)
    return fresh


@transaction.atomic
def remove(tag: Tag, variants: Sequence[int]) -> list[int]:
    """Takes the tag off these variants. Returns the ids of those that had it."""
    links = Variant.tags.through.objects.filter(tag=tag, variant__in=variants)
    had = list(links.select_for_update().order_by("pk").values_list("variant", flat=True))
    links.filter(variant__in=had).delete()
    return had
