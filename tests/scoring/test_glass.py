import numpy as np

from processing.scoring.glass import counted_as_there, kinder, without_glass
from processing.scoring.measurement import Measurement


def test_glass_counted_as_there_is_solid_and_the_rest_stays():
    alpha = np.array([[0, 4, 38, 90, 255]], np.uint8)
    assert counted_as_there(alpha).tolist() == [[0, 30, 255, 255, 255]]
    assert alpha[0, 2] == 38


def test_kinder_takes_the_lower_value_of_each_check():
    clear = [Measurement("ISLAND", 0.04, "of product"), Measurement("RESIDUE", 0.0, "of product")]
    solid = [Measurement("RESIDUE", 0.02, "of product"), Measurement("ISLAND", 0.0, "of product")]
    assert [(read.code, read.value) for read in kinder(clear, solid)] == [("ISLAND", 0.0), ("RESIDUE", 0.0)]


def test_kinder_keeps_what_the_other_reading_does_not_have():
    halo, shadow = Measurement("EDGE_HALO", 0.3, "px"), Measurement("SHADOW_LEFT", 0.1, "of product")
    kind = kinder([halo, shadow], [Measurement("SHADOW_LEFT", 0.0, "of product")])
    assert [(read.code, read.value) for read in kind] == [("EDGE_HALO", 0.3), ("SHADOW_LEFT", 0.0)]


def test_without_glass_only_what_is_solid_stays():
    assert without_glass(np.array([[0, 38, 200, 250, 255]], np.uint8)).tolist() == [[0, 0, 0, 250, 255]]
