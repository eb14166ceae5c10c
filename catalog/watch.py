"""Watched folders: new photos in a folder on the server are taken by themselves. Nothing in the folder is moved or changed."""

from pathlib import Path

from django.utils import timezone

from catalog.folders import folder_files, take_places
from catalog.intake import open_intake
from catalog.models import Intake, IntakeState, ItemState, WatchedFolder

# In `WatchedFolder.seen`: [size, mtime_ns] while a file may still grow, and a third entry once it has been taken.
_TAKEN = 1
MAX_FILES_PER_SCAN = 500


def scan_all() -> list[Intake]:
    """For the scheduler, every ten seconds: intakes with new photos, ready to be submitted with the recipe of their watched_folder."""
    ready = [scan(folder) for folder in WatchedFolder.objects.filter(is_active=True).order_by("pk")]
    return [intake for intake in ready if intake is not None]


def scan(folder: WatchedFolder) -> Intake | None:
    """Takes files that have the size and time they had at the last look; None when there is nothing to submit.

    A crash between taking and remembering takes files twice, which the intake recognises by their bytes.
    """
    root = Path(folder.path)
    if not root.is_dir():
        _remember(folder, seen=folder.seen, error="There is no such folder, or it may not be read.")
        return None
    now = {path.relative_to(root).as_posix(): path for path in sorted(folder_files(root))}
    seen = {name: _look(path, folder.seen.get(name)) for name, path in now.items()}
    steady = [name for name in now if _is_steady(seen[name], folder.seen.get(name))][:MAX_FILES_PER_SCAN]
    intake = _take(folder, {name: now[name] for name in steady}) if steady else None
    for name in steady:
        seen[name] = [*seen[name][:2], _TAKEN]
    _remember(folder, seen=seen, error="")
    return intake


def _take(folder: WatchedFolder, places: dict[str, Path]) -> Intake | None:
    intake = open_intake(owner=folder.owner, source="folder", name=Path(folder.path).name)
    intake.watched_folder = folder
    intake.save(update_fields=["watched_folder"])
    take_places(intake, places=places)
    has_news = intake.items.filter(state=ItemState.ACCEPTED).exists() or intake.items.to_fetch().exists()
    intake.state = IntakeState.READY if has_news else IntakeState.DISCARDED
    intake.save(update_fields=["state"])
    return intake if has_news else None


def _look(path: Path, before: list[int] | None) -> list[int]:
    try:
        stat = path.stat()
    except OSError:
        return [-1, 0]
    facts = [stat.st_size, stat.st_mtime_ns]
    return before if before and before[:2] == facts else facts


def _is_steady(facts: list[int], before: list[int] | None) -> bool:
    return before is not None and before[:2] == facts[:2] and facts[0] >= 0 and _TAKEN not in facts[2:]


def _remember(folder: WatchedFolder, *, seen: dict[str, list[int]], error: str) -> None:
    folder.seen, folder.last_error, folder.scanned_at = seen, error, timezone.now()
    folder.save(update_fields=["seen", "last_error", "scanned_at"])
