"""Which of the shared services' parts belong to this process of a test run."""

import os

# A Redis has sixteen unless told otherwise, and each process takes two.
MOST_WORKERS = 8


def worker_number() -> int:
    """0, 1, ... among the processes of `pytest -n`; 0 without it and for the one that leads them, which runs no test."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    if number >= MOST_WORKERS:
        raise RuntimeError(
            f"at most {MOST_WORKERS} processes have a Redis database of their own: pytest -n {MOST_WORKERS}"
        )
    return number


def redis_database(url: str, number: int) -> str:
    """The address of another database of the same Redis."""
    place, _, options = url.partition("?")
    others = [option for option in options.split("&") if option and not option.startswith("db=")]
    return f"{place}?{'&'.join([*others, f'db={number}'])}"
