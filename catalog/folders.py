"""Photos on this machine's own disk, for the command line."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from catalog import naming
from catalog.intake import take_file
from catalog.items import Declared, declare
from catalog.models import Intake, IntakeItem, ItemState


def take_folder(intake: Intake, *, folder: Path, label: str = "") -> list[IntakeItem]:
    """All files below the folder, in the order of their names; links are not followed. `label` stands for it in the rows' paths."""
    label = label or folder.resolve().name or "folder"
    places = {f"{label}/{path.relative_to(folder).as_posix()}": path for path in sorted(folder_files(folder))}
    return take_places(intake, places=places)


def folder_files(folder: Path) -> Iterator[Path]:
    """Plain files below a folder; links could lead anywhere."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            yield path


def take_paths(intake: Intake, *, paths: Sequence[Path], columns: Mapping[str, str] | None = None) -> list[IntakeItem]:
    """Files, folders, zips, tables and manifests, as they were named. File names in a table are looked up beside it.

    columns: {meaning: title}, for the tables among those named one by one.
    """
    taken: list[IntakeItem] = []
    labels: set[str] = set()
    loose: dict[str, Path] = {}
    for path in paths:
        if path.is_dir():
            taken += take_folder(intake, folder=path, label=_free(path.resolve().name or "folder", labels))
        else:
            loose[_free(path.name, labels)] = path
    return taken + take_places(intake, places=loose, is_loose=True, columns=columns)


def take_places(
    intake: Intake,
    *,
    places: Mapping[str, Path],
    is_loose: bool = False,
    columns: Mapping[str, str] | None = None,
) -> list[IntakeItem]:
    """Files under the names they shall have in the intake, one at a time in memory. Tables first: they say what photos are.

    is_loose: the files were named one by one, so photos that a table names are read from beside it.
    """
    tables = {path: place for path, place in places.items() if naming.suffix_of(path) in naming.TABLE_SUFFIXES}
    photos = {path: place for path, place in places.items() if path not in tables}
    return [
        *_take(intake, tables, is_loose=is_loose, columns=columns),
        *_take(intake, photos, is_loose=is_loose, columns=None),
    ]


def _take(
    intake: Intake, places: Mapping[str, Path], *, is_loose: bool, columns: Mapping[str, str] | None
) -> list[IntakeItem]:
    declared = [Declared(path=path, size=_size(place)) for path, place in places.items()]
    by_row = {naming.row_path(path): place for path, place in places.items()}
    taken: list[IntakeItem] = []
    for item in declare(intake, declared=declared):
        place = by_row[item.path]
        base = place.parent if is_loose else None
        taken += [item] if item.state == ItemState.REJECTED else _take_one(item, place, base=base, columns=columns)
    return taken


def _take_one(
    item: IntakeItem, place: Path, *, base: Path | None, columns: Mapping[str, str] | None
) -> list[IntakeItem]:
    try:
        with place.open("rb") as handle:
            return take_file(item, source=handle, base=base, columns=columns)
    except FileNotFoundError:
        item.reject("not-found", "There is no such file.")
    except OSError as error:
        item.reject("unreadable", f"The file cannot be opened: {error.strerror or 'unknown reason'}.")
    item.save(update_fields=["state", "reason_code", "reason"])
    return [item]


def _size(place: Path) -> int:
    try:
        return place.stat().st_size
    except OSError:
        return 0


def _free(name: str, taken: set[str]) -> str:
    """The name, numbered where two folders are called alike."""
    free, number = name, 2
    while free in taken:
        free, number = f"{name} ({number})", number + 1
    taken.add(free)
    return free
