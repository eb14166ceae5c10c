"""What the engine's bench counts and says; the measuring itself takes a quiet machine and a quarter of an hour."""

import os

import psutil
import pytest

from config.bench import engine
from config.soak import usage
from config.soak.batches import submit_samples, warm_up
from processing.models import Batch


def test_meter_counts_from_its_first_look_and_whole_what_comes_later(monkeypatch):
    spent = {1: 10.0, 2: 5.0}
    monkeypatch.setattr(usage, "tree_s", lambda pid: spent[pid])
    meter = usage.Meter()
    meter.look({"pixels": [1]})
    spent[1] = 12.5
    meter.look({"pixels": [1, 2]})
    assert meter.seconds() == {"pixels": 7.5}


def test_meter_keeps_what_an_ended_process_had_used(monkeypatch):
    meter = usage.Meter()
    meter.look({"broker": [os.getpid()]})
    monkeypatch.setattr(usage, "tree_s", lambda pid: (_ for _ in ()).throw(psutil.NoSuchProcess(pid)))
    meter.look({"broker": [os.getpid()]})
    assert meter.seconds() == {"broker": 0.0}


def test_engine_bench_tells_the_speed_beside_the_ceiling(monkeypatch):
    timed = {
        1: {"batch_photos": 60, "batch_s": 190.0, "tail_s": 0.0, "steps_s": 180.0, "cpu_s": {"pixels": 100.0, "broker": 2.0}},
        2: {"batch_photos": 60, "batch_s": 100.0, "tail_s": 1.0, "steps_s": 190.0, "cpu_s": {"pixels": 110.0, "broker": 1.1}},
    }  # fmt: skip
    monkeypatch.setattr(engine, "_timed", lambda workers, say: timed[workers])
    monkeypatch.setattr(engine, "ceiling", lambda: 1.95)
    monkeypatch.setattr(engine.soak, "run", lambda *_, **__: {"overhead": 0.02})
    said = []
    found = engine.run((), said.append)
    assert (found["speedup"], found["ceiling"]) == (1.9, 1.95)
    assert "1.95 x, which is this machine's ceiling; 97 % of it" in "\n".join(said)
    assert "beside two workers: 1.0 % (broker 1.0 %)" in "\n".join(said)


@pytest.mark.django_db
def test_copies_of_a_sample_are_other_photos_of_other_products():
    batch = submit_samples(1, copies=3)
    sources = [job.snapshot["source"]["sha256"] for job in batch.jobs.all()]
    assert len(set(sources)) == len(set(batch.jobs.values_list("sku", flat=True))) == 3


@pytest.mark.django_db
def test_each_worker_has_a_photo_to_warm_up_with():
    assert warm_up(2).jobs.count() == 2
    assert Batch.objects.get().recipe.name == "catalogue"
