"""Rows of a table or manifest, each naming a product and perhaps a photo: taken into an intake."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.guard import FetchError, check_url
from catalog import naming
from catalog.items import NAMED, judge, name_items, receive
from catalog.models import Intake, IntakeItem, ItemState
from catalog.naming import NameError_
from catalog.products import FieldError, clean_fields

MAX_URL = 2000
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_FACTS = ("name", "asin", "gtin", "category", "product")


@dataclass(frozen=True)
class Row:
    """`place` names the row for people ("item 3"); `image` is an address, a file name or nothing. `fault`: it cannot be read."""

    place: str
    image: str
    fields: Mapping[str, Any]
    fault: str = ""


class RowError(ValueError):
    """A row that cannot be used; `place` says which, the text what is wrong with which field."""

    def __init__(self, place: str, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.place = place


@dataclass(frozen=True)
class Checked:
    """A row whose fields are good. `url` or `file` says where the photo is; neither means the row only describes."""

    fields: dict[str, Any]
    url: str = ""
    file: str = ""


def check_row(row: Row, *, may_name_files: bool) -> Checked:
    """Raises RowError for a row of no use."""
    if row.fault:
        raise RowError(row.place, "json", row.fault)
    try:
        fields, notes = clean_fields(row.fields)
    except FieldError as error:
        raise RowError(row.place, error.field, str(error)) from error
    if notes:
        fields["notes"] = notes
    if not row.image:
        if "sku" not in fields:
            raise RowError(row.place, "sku", "is missing")
        return Checked(fields=fields)
    if is_address(row.image):
        return Checked(fields=fields, url=_checked_url(row, has_sku="sku" in fields))
    if not may_name_files:
        raise RowError(row.place, "image_url", "must start with http:// or https://")
    try:
        return Checked(fields=fields, file=naming.clean_path(_named_file(row.image)))
    except NameError_ as error:
        raise RowError(row.place, "image", str(error)) from error


def take_rows(
    intake: Intake, *, rows: Sequence[Row], base: Path | None = None, may_name_files: bool = True
) -> list[IntakeItem]:
    """One intake row per photo; bad rows become rejected ones and stop nothing.

    base: folder that file names are looked up in (the command line); without it they wait for a file of that name, which may
    have come already or come later. Addresses wait to be fetched.
    """
    good, refused = _sorted_out(rows, may_name_files=may_name_files)
    with transaction.atomic():
        locked = Intake.objects.select_for_update().get(pk=intake.pk)
        _remember_facts(locked, good)
        intake.facts = locked.facts
        items = _link_items(intake, [one for one in good if one.url])
        named = _file_items(intake, [one for one in good if one.file])
        rejected = _rejected_items(intake, refused)
    if base is not None:
        for item in named:
            if item.state == ItemState.WAITING:
                _read(item, base=base)
    return [*items, *named, *rejected]


def _named_file(text: str) -> str:
    """A whole path on somebody's own disk says nothing here but its last part."""
    is_absolute = text.startswith(("/", "\\")) or _DRIVE.match(text) is not None
    return re.split(r"[\\/]", text)[-1] if is_absolute else text.removeprefix("./")


def is_address(text: str) -> bool:
    return "://" in text or text.lower().startswith(("http:", "https:", "data:", "ftp:", "file:"))


def _sorted_out(rows: Iterable[Row], *, may_name_files: bool) -> tuple[list[Checked], list[RowError]]:
    good: list[Checked] = []
    refused: list[RowError] = []
    for row in rows:
        try:
            good.append(check_row(row, may_name_files=may_name_files))
        except RowError as error:
            refused.append(error)
    return good, refused


def _checked_url(row: Row, *, has_sku: bool) -> str:
    if len(row.image) > MAX_URL:
        raise RowError(row.place, "image_url", f"has more than {MAX_URL} characters")
    if not has_sku:
        raise RowError(row.place, "sku", "is missing")
    try:
        check_url(row.image, allowed_hosts=settings.FETCH_ALLOWED_HOSTS)
    except FetchError as error:
        raise RowError(row.place, "image_url", str(error)) from error
    return row.image


def _remember_facts(intake: Intake, rows: Iterable[Checked]) -> None:
    """What rows say about a product holds for all its photos, also those that came without a row."""
    for row in rows:
        told = {key: row.fields[key] for key in _FACTS if key in row.fields}
        if told and "sku" in row.fields:
            intake.facts[row.fields["sku"]] = {**intake.facts.get(row.fields["sku"], {}), **told}
    intake.save(update_fields=["facts"])


def _link_items(intake: Intake, rows: Sequence[Checked]) -> list[IntakeItem]:
    known = {(item.url, item.sku): item for item in intake.items.filter(url__in={row.url for row in rows})}
    wanted = {path for row in rows for path in _paths_of(row)}
    paths = set(intake.items.filter(path__in=wanted).values_list("path", flat=True))
    met: list[IntakeItem] = []
    fresh: list[IntakeItem] = []
    for row in rows:
        key = (row.url, row.fields["sku"])
        if key not in known:
            item = IntakeItem(intake=intake, path=_free_path(row, paths), url=row.url, fields=row.fields)
            known[key] = item
            fresh.append(item)
        met.append(known[key])
    name_items(intake, fresh)
    IntakeItem.objects.bulk_create(fresh, batch_size=1000)
    return list(dict.fromkeys(met)) if all(item.pk for item in met) else met


def _free_path(row: Checked, paths: set[str]) -> str:
    """The address, with the code behind it when another product has the same picture."""
    plain, with_code = _paths_of(row)
    path = with_code if plain in paths else plain
    paths.add(path)
    return path


def _paths_of(row: Checked) -> tuple[str, str]:
    plain = row.url[: naming.MAX_PATH - 100]
    return plain, f"{plain} ({row.fields['sku']})"


def _file_items(intake: Intake, rows: Sequence[Checked]) -> list[IntakeItem]:
    """Rows of files: joined to the file if it has come, else waiting for it."""
    by_path = {item.path: item for item in intake.items.filter(url="")}
    by_name = {path.rpartition("/")[2].lower(): item for path, item in by_path.items()}
    met: dict[str, IntakeItem] = {}
    for row in rows:
        item = by_path.get(row.file) or by_name.get(row.file.rpartition("/")[2].lower()) or met.get(row.file)
        if item is None:
            met[row.file] = IntakeItem(intake=intake, path=row.file, fields=row.fields)
        elif item.path in met:
            _name_twice(item, row)
        else:
            item.fields = {**item.fields, **row.fields}
            met[item.path] = item
    joined = [item for item in met.values() if item.pk]
    fresh = [item for item in met.values() if item.pk is None]
    _rejudge(intake, joined)
    name_items(intake, fresh)
    for item in fresh:
        if item.state == ItemState.WAITING:
            item.reason_code, item.reason = NAMED, "Named in a table; its file has not come yet."
    return [*joined, *IntakeItem.objects.bulk_create(fresh, batch_size=1000)]


def _name_twice(item: IntakeItem, row: Checked) -> None:
    """A second row for a file: what it adds counts, but a file has one product. The first row that names it wins."""
    sku, other = item.fields.get("sku"), row.fields.get("sku")
    if other not in (None, sku):
        note = f"The table names this file for {other} too; give that product a copy."
        item.fields = {**item.fields, "notes": [*item.fields.get("notes", []), note]}
    else:
        item.fields = {**row.fields, **item.fields}


def _rejudge(intake: Intake, items: Sequence[IntakeItem]) -> None:
    """A table that came after its photos: they get its codes and are judged again."""
    for item in items:
        if item.state != ItemState.REJECTED or item.reason_code == "wrong-name":
            item.state = ItemState.WAITING
    named = [item for item in items if item.state == ItemState.WAITING]
    name_items(intake, named)
    judge(intake, [item for item in named if item.sha256 and item.state == ItemState.WAITING])
    changed = ["fields", "sku", "view", "category", "state", "reason_code", "reason", "note", "source_image"]
    IntakeItem.objects.save_all(items, changed)


def _rejected_items(intake: Intake, errors: Sequence[RowError]) -> list[IntakeItem]:
    taken = set(intake.items.filter(path__in=[error.place for error in errors]).values_list("path", flat=True))
    items = []
    for error in errors:
        if error.place not in taken:
            item = IntakeItem(intake=intake, path=error.place)
            item.reject("bad-row", str(error))
            items.append(item)
            taken.add(error.place)
    return IntakeItem.objects.bulk_create(items, batch_size=1000)


def _read(item: IntakeItem, *, base: Path) -> None:
    """Fills a row from the folder its table lies in, and from nowhere else."""
    path = (base / item.path).resolve()
    if not path.is_relative_to(base.resolve()) or not path.is_file():
        item.reject("not-found", f"There is no file {item.path} beside the table.")
        item.save(update_fields=["state", "reason_code", "reason"])
    elif path.stat().st_size > settings.MAX_PHOTO_BYTES:
        item.reject("too-large", f"The file has more than {settings.MAX_PHOTO_BYTES // 2**20} MB.")
        item.save(update_fields=["state", "reason_code", "reason"])
    else:
        receive(item, path.read_bytes())
