"""The rows of an intake: announced by name, filled with bytes, judged one by one."""

import itertools
import mimetypes
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import transaction

from catalog import files, naming
from catalog.models import Intake, IntakeItem, ItemState, SourceImage
from catalog.naming import NameError_
from catalog.products import known_skus
from processing.imaging import codec

# A row of a table that waits for the file it names.
NAMED = "named"
_NAMING_FIELDS = ["sku", "view", "state", "reason_code", "reason", "note", "source_image", "category"]
_ALL_FIELDS = [*_NAMING_FIELDS, "path", "bytes", "modified_ms", "sha256", "file", "photo", "fields"]
_CONTAINERS = naming.ARCHIVE_SUFFIXES | naming.TABLE_SUFFIXES
# Types whose name sounds like a picture but which only the decoder can judge with a better sentence.
_LET_BYTES_SPEAK = ("image/", "application/pdf", "application/postscript")
_SUFFIX_FORMATS = {
    "jpg": "JPEG",
    "jpeg": "JPEG",
    "jpe": "JPEG",
    "jfif": "JPEG",
    "mpo": "JPEG",
    "tif": "TIFF",
    "heic": "HEIF",
    "hif": "HEIF",
}


@dataclass(frozen=True)
class Declared:
    """A file that is going to come. `path` has the folder or zip it was dropped with."""

    path: str
    size: int = 0
    modified_ms: int | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


def declare(intake: Intake, *, declared: Sequence[Declared]) -> list[IntakeItem]:
    """One row per file, found again by its path. A changed file waits anew; the same one keeps what it has reached.

    Files that systems leave behind (hidden, thumbnails) get no row.
    """
    wanted = {naming.row_path(one.path): one for one in declared if not naming.is_ignored(one.path)}
    with transaction.atomic():
        Intake.objects.select_for_update().get(pk=intake.pk)
        rows = {item.path: item for item in intake.items.filter(path__in=list(wanted))}
        adoptable = _adoptable(intake) if len(rows) < len(wanted) else {}
        met = {path: _meet(intake, path, rows.get(path), adoptable) for path in wanted}
        changed = [item for path, item in met.items() if _is_news(item, wanted[path])]
        for item in changed:
            _await_file(item, wanted[item.path])
        name_items(intake, changed, roots=naming.collections(wanted))
        # Not the unchanged ones: another request may be filling them at this moment.
        IntakeItem.objects.save_all([item for item in changed if item.pk], _ALL_FIELDS)
        IntakeItem.objects.bulk_create([item for item in changed if item.pk is None], batch_size=1000)
    return list(met.values())


def rename(intake: Intake, *, pattern: str) -> list[IntakeItem]:
    """Reads all names again by another pattern and judges again what has come. Raises PatternError."""
    naming.compile_pattern(pattern)
    stored = "" if naming.is_automatic(pattern) else pattern
    with transaction.atomic():
        Intake.objects.select_for_update().get(pk=intake.pk)
        Intake.objects.filter(pk=intake.pk).update(pattern=stored)
        intake.pattern = stored
        items = [item for item in intake.items.all() if _may_be_renamed(item)]
        before = {item.pk: _facts_of(item) for item in items}
        for item in items:
            item.state = ItemState.WAITING
        name_items(intake, items, roots=naming.collections(item.path for item in items))
        judge(intake, [item for item in items if item.state == ItemState.WAITING and item.sha256])
        changed = [item for item in items if _facts_of(item) != before[item.pk]]
        IntakeItem.objects.save_all(changed, _NAMING_FIELDS)
    return items


def receive(item: IntakeItem, data: bytes) -> IntakeItem:
    """Stores the photo's bytes and settles the row: accepted, known already, or rejected with the reason."""
    if item.state == ItemState.REJECTED and not item.sku:
        return item
    received = _examine(data)
    with transaction.atomic():
        # While the bytes were looked at, the pattern may have changed the row's name, or the row may have been left out.
        Intake.objects.select_for_update().get(pk=item.intake_id)
        try:
            item.refresh_from_db(fields=[*_NAMING_FIELDS, "fields"])
        except IntakeItem.DoesNotExist:
            return item
        item.sha256, item.file, item.photo = received.sha256, received.file, received.photo
        item.bytes, item.lease_until = len(data), None
        if item.sku and received.problem:
            item.reject(*received.problem)
        elif item.sku:
            judge(item.intake, [item])
        item.save(update_fields=[*_ALL_FIELDS, "lease_until"])
    return item


def judge(intake: Intake, items: Sequence[IntakeItem]) -> None:
    """Accepted, or known already: the same bytes for the same product, from before or in this intake. Saves nothing."""
    stored = _stored_images(items)
    siblings = _siblings(intake, items)
    for item in items:
        item.reason_code = item.reason = item.note = ""
        note_down(item, *item.fields.get("notes", []))
        _note_ending(item)
        item.source_image = stored.get((item.sha256, item.sku))
        twin = next((one for one in siblings[item.sha256] if _is_twin(one, item)), None)
        others = {sku for sha256, sku in stored if sha256 == item.sha256} | {one.sku for one in siblings[item.sha256]}
        item.state = ItemState.ACCEPTED
        if item.source_image is not None:
            _recognise(item, f"This photo of {item.sku} is known already; the stored one is used.")
        elif twin is not None:
            _recognise(item, f"The same photo as {twin.path}.")
        if others := others - {item.sku}:
            note_down(item, f"The same photo also came for {', '.join(sorted(others)[:3])}.")


def name_items(intake: Intake, items: Sequence[IntakeItem], *, roots: Iterable[str] = ()) -> None:
    """Sets code and view of each row from its fields or its name, or rejects it. Saves nothing."""
    pattern = intake.pattern or naming.DEFAULT_PATTERN
    roots = set(roots) if naming.is_automatic(pattern) else set()
    known = known_skus(naming.stem_of(item.path) for item in items)
    unnumbered: list[IntakeItem] = []
    for item in items:
        inner = naming.without_collection(item.path, roots=roots)
        if _name(item, inner, pattern=pattern, known=known) is None:
            unnumbered.append(item)
    _number(intake, items, unnumbered)


def note_down(item: IntakeItem, *notes: str) -> None:
    item.note = " ".join(part for part in [item.note, *notes] if part)[:400]


def is_container(item: IntakeItem) -> bool:
    return not item.url and naming.suffix_of(item.path) in _CONTAINERS


def _name(item: IntakeItem, path: str, *, pattern: str, known: set[str]) -> int | None:
    """The view, None while it has to be counted out; rows that need none say 1."""
    item.reason_code = item.reason = item.note = ""
    item.category = item.fields.get("category", "")
    note_down(item, *item.fields.get("notes", []))
    if is_container(item):
        return 1
    try:
        if not item.url:
            naming.clean_path(item.path)
            _check_kind(item.path)
        if "sku" in item.fields:
            parsed = naming.ParsedName(sku=item.fields["sku"], view=None)
        else:
            parsed = naming.parse_name(path, pattern=pattern, known=known)
    except NameError_ as error:
        item.sku = ""
        item.reject(error.code, str(error))
        return 1
    item.sku = parsed.sku
    item.view = item.fields.get("view") or parsed.view or _view_by_name(item, path) or 0
    return item.view or None


def _view_by_name(item: IntakeItem, path: str) -> int | None:
    """The table named the product; the file's name may still tell the view."""
    if "sku" not in item.fields or item.url:
        return None
    try:
        parsed = naming.parse_name(path)
    except NameError_:
        return None
    return parsed.view if parsed.sku == item.sku else None


def _number(intake: Intake, items: Sequence[IntakeItem], unnumbered: Sequence[IntakeItem]) -> None:
    """Photos whose names tell no view get the free numbers of their product in the order of their names."""
    if not unnumbered:
        return
    taken: dict[str, set[int]] = defaultdict(set)
    own = {item.pk for item in items if item.pk}
    earlier = intake.items.filter(sku__in={item.sku for item in unnumbered}).exclude(state=ItemState.REJECTED)
    for pk, sku, view in earlier.values_list("pk", "sku", "view"):
        if pk not in own:
            taken[sku].add(view)
    for item in items:
        taken[item.sku].add(item.view)
    for item in sorted(unnumbered, key=lambda one: naming.sort_key(one.path)):
        item.view = next(number for number in itertools.count(1) if number not in taken[item.sku])
        taken[item.sku].add(item.view)


def _check_kind(path: str) -> None:
    guessed = mimetypes.guess_type(path)[0] or "image/unknown"
    if naming.suffix_of(path) in naming.IMAGE_SUFFIXES or guessed.startswith(_LET_BYTES_SPEAK):
        return
    if naming.suffix_of(path) in naming.OTHER_WORKBOOK_SUFFIXES:
        raise NameError_(
            "not-an-image",
            f"A .{naming.suffix_of(path)} workbook is not opened: save it as .xlsx, or its sheet as CSV.",
        )
    raise NameError_("not-an-image", f"A file that ends in .{naming.suffix_of(path)} is not a photo.")


def _meet(intake: Intake, path: str, item: IntakeItem | None, adoptable: dict[str, IntakeItem]) -> IntakeItem:
    """The row for a file: the one it had, the table row that waits for it, or a new one."""
    if item is not None:
        return item
    for key in (path, path.rpartition("/")[2].lower()):
        adopted = adoptable.get(key)
        if adopted is not None and adopted.reason_code == NAMED:
            adopted.path, adopted.reason_code = path, ""
            return adopted
    return IntakeItem(intake=intake, path=path)


def _is_news(item: IntakeItem, one: Declared) -> bool:
    """False for a file met before that has not changed since."""
    if item.pk is None or (item.reason_code in (NAMED, "") and not item.bytes) or one.fields:
        return True
    if one.modified_ms is None:
        return not item.sha256
    return (item.bytes, item.modified_ms) != (one.size, one.modified_ms)


def _await_file(item: IntakeItem, one: Declared) -> None:
    item.state = ItemState.WAITING
    item.bytes, item.modified_ms = one.size, one.modified_ms
    item.sha256 = item.file = ""
    item.photo = {}
    item.fields = {**item.fields, **one.fields}


def _adoptable(intake: Intake) -> dict[str, IntakeItem]:
    """Table rows that wait for their file, by path and by bare name in lower case."""
    waiting = list(intake.items.filter(state=ItemState.WAITING, reason_code=NAMED))
    found: dict[str, IntakeItem] = {}
    for item in waiting:
        found[item.path.rpartition("/")[2].lower()] = item
    return found | {item.path: item for item in waiting}


def _facts_of(item: IntakeItem) -> tuple[object, ...]:
    return tuple(getattr(item, "source_image_id" if name == "source_image" else name) for name in _NAMING_FIELDS)


def _may_be_renamed(item: IntakeItem) -> bool:
    if is_container(item) or item.reason_code == NAMED:
        return False
    return item.state != ItemState.REJECTED or item.reason_code in ("wrong-name", "")


def _too_big_or_empty(data: bytes) -> tuple[str, str] | None:
    if not data:
        return "truncated", "The file is empty; send it again."
    if len(data) > settings.MAX_PHOTO_BYTES:
        limit = settings.MAX_PHOTO_BYTES // 2**20
        return "too-large", f"The file has {len(data) / 2**20:.0f} MB; at most {limit} are allowed."
    return None


@dataclass(frozen=True)
class _Received:
    """Bytes after a look at them: stored with their facts, or with the problem (code, sentence)."""

    problem: tuple[str, str] | None = None
    sha256: str = ""
    file: str = ""
    photo: dict[str, Any] = field(default_factory=dict)


def _examine(data: bytes) -> _Received:
    if problem := _too_big_or_empty(data):
        return _Received(problem=problem)
    try:
        info = codec.inspect(data, max_pixels=settings.MAX_PHOTO_PIXELS, min_side=settings.MIN_PHOTO_SIDE_PX)
    except codec.DecodeError as error:
        return _Received(problem=(error.code, str(error)))
    suffix = {"JPEG": "jpg", "MPO": "jpg", "TIFF": "tif"}.get(info.format, info.format.lower())
    photo = {
        "format": info.format, "width": info.width, "height": info.height, "mode": info.mode,
        "profile": info.profile[:120],
    }  # fmt: skip
    stored = files.store(data, suffix=suffix)
    return _Received(sha256=stored.sha256, file=stored.path, photo=photo)


def _note_ending(item: IntakeItem) -> None:
    """Tells a name that promises another format than the file is."""
    named, real = naming.suffix_of(item.path), item.photo.get("format", "").replace("MPO", "JPEG")
    if real and named in naming.IMAGE_SUFFIXES and _SUFFIX_FORMATS.get(named, named.upper()) != real:
        note_down(item, f"The name ends in .{named}, the file is a {real}.")


def _stored_images(items: Sequence[IntakeItem]) -> dict[tuple[str, str], SourceImage]:
    found = SourceImage.objects.filter(sha256__in={item.sha256 for item in items}).select_related("variant")
    return {(image.sha256, image.variant.sku): image for image in found}


def _siblings(intake: Intake, items: Sequence[IntakeItem]) -> dict[str, list[IntakeItem]]:
    """Photos of this intake by content: those being judged as they are now, the others as they are stored."""
    own = {item.pk for item in items}
    same = intake.items.filter(sha256__in={item.sha256 for item in items}).exclude(state=ItemState.REJECTED)
    found: dict[str, list[IntakeItem]] = defaultdict(list)
    for item in [*items, *(one for one in same.order_by("pk") if one.pk not in own)]:
        found[item.sha256].append(item)
    return found


def _is_twin(one: IntakeItem, item: IntakeItem) -> bool:
    return one.pk != item.pk and one.sku == item.sku and one.state == ItemState.ACCEPTED


def _recognise(item: IntakeItem, reason: str) -> None:
    item.state = ItemState.DUPLICATE
    item.reason_code, item.reason = "duplicate", reason[:400]
