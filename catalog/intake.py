"""Bringing photos in, in every form they arrive: the functions others call.

open_intake, then any of the take_* functions in any order, then accepted_images. Each take_* returns the rows it made or met;
a file that cannot be used is a rejected row with its reason and stops nothing.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import transaction

from accounts.models import User
from catalog import files, naming
from catalog.actors import queue_fetches
from catalog.archives import Archive, ArchiveError, Entry
from catalog.items import NAMED, Declared, declare, receive
from catalog.manifests import ManifestError, read_manifest
from catalog.models import Category, Intake, IntakeItem, IntakeState, ItemState, SourceImage, Variant
from catalog.products import TEXT_FIELDS, clean_fields, match_variants
from catalog.rows import Row, take_rows
from catalog.tables import (
    ColumnsUnknown,
    TableError,
    columns_for,
    read_table,
    suggest_columns,
    table_rows,
    told_columns,
)
from catalog.workbooks import read_workbook

MAX_TABLE_BYTES = 32 * 2**20
ROWS_AT_ONCE = 500


def open_intake(
    *, owner: User | None, source: str, name: str = "", pattern: str = "", default_category: str = Category.DEFAULT
) -> Intake:
    """source: browser, zip, csv, manifest, folder, cli or api. Raises PatternError and ValueError."""
    naming.compile_pattern(pattern)
    if default_category not in Category.values:
        raise ValueError(f"category {default_category!r} is not one of {', '.join(Category.values)}")
    stored = "" if naming.is_automatic(pattern) else pattern
    return Intake.objects.create(
        owner=owner, source=source, name=name[:200], pattern=stored, default_category=default_category
    )


def take_bytes(intake: Intake, *, path: str, data: bytes, fields: Mapping[str, Any] | None = None) -> IntakeItem:
    """One photo. Given fields (sku, view, category, name, asin, gtin) win over what its name says. Raises FieldError."""
    cleaned, notes = clean_fields(fields or {})
    if notes:
        cleaned["notes"] = notes
    [item] = declare(intake, declared=[Declared(path=path, size=len(data), fields=cleaned)]) or [_ignored(intake, path)]
    return receive(item, data)


def take_file(
    item: IntakeItem, *, source: IO[bytes], columns: Mapping[str, str] | None = None, base: Path | None = None
) -> list[IntakeItem]:
    """Whatever the row announced: a photo, a zip, a table or a manifest. Returns its row, then those of what was inside."""
    suffix = naming.suffix_of(item.path)
    if item.url or suffix not in naming.ARCHIVE_SUFFIXES | naming.TABLE_SUFFIXES:
        return [receive(item, source.read(settings.MAX_PHOTO_BYTES + 1))]
    if suffix in naming.ARCHIVE_SUFFIXES:
        return [item, *_open_archive(item, source)]
    data = source.read(MAX_TABLE_BYTES + 1)
    return [item, *_open_table(item, data, columns=columns, base=base)]


def take_zip(intake: Intake, *, source: IO[bytes], name: str = "photos.zip") -> list[IntakeItem]:
    return _take_container(intake, name=name, suffix="zip", source=source)


def take_table(
    intake: Intake,
    *,
    source: IO[bytes],
    name: str = "table.csv",
    columns: Mapping[str, str] | None = None,
    base: Path | None = None,
) -> list[IntakeItem]:
    """CSV, unless the name says that it is another table.

    columns: {meaning: column title}, kept for the owner's next file with the same header. base: folder of named files.
    """
    suffix = naming.suffix_of(name) if naming.suffix_of(name) in naming.TABLE_SUFFIXES else "csv"
    return _take_container(intake, name=name, suffix=suffix, source=source, columns=columns, base=base)


def take_stream(intake: Intake, *, rows: Iterator[Row]) -> tuple[int, str]:
    """The rows of a manifest as they are read, some at a time. Returns how many photos were taken and what was wrong with the
    first other.

    What memory it needs does not depend on how many rows there are. Raises ManifestError when there are too many: what
    was taken until then stays in the intake.
    """
    taken, first_fault = 0, ""
    count = 0
    while part := list(islice(rows, ROWS_AT_ONCE)):
        count += len(part)
        if count > 2 * settings.MAX_MANIFEST_ITEMS:
            raise ManifestError(f"The manifest names more than {2 * settings.MAX_MANIFEST_ITEMS} pictures.")
        for item in take_rows(intake, rows=part, may_name_files=False):
            if item.state == ItemState.REJECTED:
                first_fault = first_fault or f"{item.path}: {item.reason}"
            else:
                taken += 1
    queue_fetches(intake)
    return taken, first_fault


def take_table_again(item: IntakeItem, *, columns: Mapping[str, str]) -> list[IntakeItem]:
    """The stored table once more, now that a person has said what its columns mean."""
    return [item, *_open_table(item, files.load(item.file), columns=columns, base=None)]


def accepted_images(intake: Intake, *, beside: Container[int | None] = frozenset()) -> list[SourceImage]:
    """The source images of all usable photos, with their products and variants, made where they are missing.

    Photos known from before are among them; each image comes once. Call at submit; again is harmless. Images whose numbers
    are in `beside` are left out.
    """
    with transaction.atomic():
        intake = Intake.objects.select_for_update().get(pk=intake.pk)
        usable = list(intake.items.usable())
        items = [item for item in usable if item.source_image_id not in beside]
        facts, wanted = _facts(intake, usable), {item.sku for item in items}
        variants = match_variants(
            {sku: facts[sku] for sku in facts if sku in wanted}, default_category=intake.default_category
        )
        SourceImage.objects.bulk_create(
            [_source_image(item, variants[item.sku]) for item in items if item.source_image_id is None],
            ignore_conflicts=True,
            batch_size=1000,
        )
        images = _images_of(items)
        changed = [item for item in items if item.source_image_id != images[(item.sku, item.sha256)].pk]
        for item in changed:
            item.source_image = images[(item.sku, item.sha256)]
        IntakeItem.objects.save_all(changed, ["source_image"])
    return list(dict.fromkeys(images[(item.sku, item.sha256)] for item in items))


def waiting_count(intake: Intake) -> int:
    """Photos still to be fetched: while there are any, accepted_images is not complete."""
    return intake.items.to_fetch().count()


def mark_submitted(intake: Intake) -> None:
    """Nothing more comes: rows that still wait for a file named in a table are refused."""
    for item in intake.items.filter(state=ItemState.WAITING, reason_code=NAMED):
        item.reject("not-found", "A table names this file, but it was not among the photos.")
        item.save(update_fields=["state", "reason_code", "reason"])
    Intake.objects.filter(pk=intake.pk).update(state=IntakeState.SUBMITTED)


def _take_container(
    intake: Intake,
    *,
    name: str,
    suffix: str,
    source: IO[bytes],
    columns: Mapping[str, str] | None = None,
    base: Path | None = None,
) -> list[IntakeItem]:
    path = name if naming.suffix_of(name) == suffix else f"{name}.{suffix}"
    [item] = declare(intake, declared=[Declared(path=path)]) or [_ignored(intake, path)]
    return take_file(item, source=source, columns=columns, base=base)


def _open_archive(item: IntakeItem, source: IO[bytes]) -> list[IntakeItem]:
    try:
        archive = Archive(source)
    except ArchiveError as error:
        _refuse(item, error.code, str(error))
        return []
    try:
        tables = [entry for entry in archive.entries if naming.suffix_of(entry.path) in naming.TABLE_SUFFIXES]
        photos = [entry for entry in archive.entries if entry not in tables]
        made = [*_take_entries(item, archive, tables), *_take_entries(item, archive, photos)]
    finally:
        archive.close()
    _opened(item, inside=len(made))
    return made


def _take_entries(item: IntakeItem, archive: Archive, entries: Sequence[Entry]) -> list[IntakeItem]:
    """One entry at a time: never more than one photo in memory."""
    declared = [Declared(path=f"{item.path}/{entry.path}", size=entry.size) for entry in entries]
    rows = {row.path: row for row in declare(item.intake, declared=declared)}
    made: list[IntakeItem] = []
    for entry in entries:
        row = rows[naming.row_path(f"{item.path}/{entry.path}")]
        made.append(row)
        if row.state == ItemState.REJECTED:
            continue
        try:
            data = archive.read(entry)
        except ArchiveError as error:
            _refuse(row, error.code, str(error))
            continue
        if naming.suffix_of(entry.path) in naming.TABLE_SUFFIXES:
            made += _open_table(row, data, columns=None, base=None)
        else:
            receive(row, data)
    return made


def _open_table(
    item: IntakeItem, data: bytes, *, columns: Mapping[str, str] | None, base: Path | None
) -> list[IntakeItem]:
    """Rows of a table or manifest. One whose columns are not understood waits, stored, for a person to name them."""
    if len(data) > MAX_TABLE_BYTES:
        _refuse(item, "too-large", f"A table may have {MAX_TABLE_BYTES // 2**20} MB.")
        return []
    item.file, item.bytes = files.store(data, suffix=naming.suffix_of(item.path)).path, len(data)
    try:
        rows, told = _read_table(item, data, columns)
    except ColumnsUnknown as error:
        _ask_for_columns(item, error)
        return []
    except (TableError, ManifestError) as error:
        _refuse(item, "unreadable", str(error))
        return []
    made = take_rows(item.intake, rows=rows, base=base)
    _opened(item, inside=len(rows), told=told)
    queue_fetches(item.intake)
    return made


def _read_table(item: IntakeItem, data: bytes, columns: Mapping[str, str] | None) -> tuple[list[Row], str]:
    """Its rows, and what was understood of its columns. Raises ColumnsUnknown, TableError and ManifestError."""
    suffix = naming.suffix_of(item.path)
    if suffix == "json":
        return read_manifest(data), ""
    table = read_workbook(data) if suffix == naming.WORKBOOK_SUFFIX else read_table(data)
    meaning = columns_for(table, owner=item.intake.owner, given=columns)
    rows = table_rows(table, columns=meaning, name=item.path.rpartition("/")[2])
    return rows, told_columns(table, columns=meaning)


def _ask_for_columns(item: IntakeItem, error: ColumnsUnknown) -> None:
    item.fields = {"header": list(error.table.header), "suggested": suggest_columns(error.table.header)}
    item.reason_code, item.reason = "columns", str(error)
    item.save(update_fields=["file", "bytes", "fields", "reason_code", "reason"])


def _refuse(item: IntakeItem, code: str, reason: str) -> None:
    item.reject(code, reason)
    item.save(update_fields=["state", "reason_code", "reason", "file", "bytes"])


def _opened(item: IntakeItem, *, inside: int, told: str = "") -> None:
    item.state = ItemState.OPENED
    item.reason_code, item.reason = "", f"{inside} inside" + (f". {told}" if told else "")
    item.save(update_fields=["state", "reason_code", "reason", "file", "bytes"])


def _ignored(intake: Intake, path: str) -> IntakeItem:
    """A file given on its own gets its row even if systems usually leave such files behind."""
    item = IntakeItem(intake=intake, path=naming.printable(path))
    item.reject("wrong-name", "Hidden and system files are not taken.")
    met, _ = IntakeItem.objects.update_or_create(
        intake=intake,
        path=item.path,
        defaults={"state": item.state, "reason_code": item.reason_code, "reason": item.reason},
    )
    return met


def _facts(intake: Intake, items: Sequence[IntakeItem]) -> dict[str, dict[str, Any]]:
    """All that is said about each product, the photo's own row last."""
    facts: dict[str, dict[str, Any]] = {}
    for item in items:
        own = {key: value for key, value in item.fields.items() if key in TEXT_FIELDS}
        facts[item.sku] = {**facts.get(item.sku, intake.facts.get(item.sku, {})), **own}
    return facts


def _source_image(item: IntakeItem, variant: Variant) -> SourceImage:
    return SourceImage(
        variant=variant,
        view=item.view,
        sha256=item.sha256,
        path=item.file,
        original_name=item.path.rpartition("/")[2][:400],
        bytes=item.bytes,
        **item.photo,
    )


def _images_of(items: Sequence[IntakeItem]) -> dict[tuple[str, str], SourceImage]:
    found = SourceImage.objects.filter(
        sha256__in={item.sha256 for item in items}, variant__sku__in={item.sku for item in items}
    ).select_related("variant__product")
    return {(image.variant.sku, image.sha256): image for image in found}
