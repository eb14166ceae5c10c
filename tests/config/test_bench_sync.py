import pytest

from config.bench import sync


@pytest.mark.django_db
def test_sync_bench_measures_both_sizes_over_the_whole_request(settings):
    """A small run; the sizes that matter take `manage.py bench --suite sync`."""
    settings.ALLOWED_HOSTS, settings.API_RATE_PER_MINUTE = ["testserver"], 10_000
    said: list[str] = []
    report = sync.measure(said.append, sizes=(400, 900), rounds=8)
    assert report.pictures == (400, 900)
    assert report.small_p95_ms > 0
    # No upper limit: of eight rounds one that had to wait for the processor decides.
    assert report.ratio > 0
    assert said == ["filling 900 pictures"]
