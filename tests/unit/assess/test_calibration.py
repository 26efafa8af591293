"""Calibration, on figures that can be checked by hand."""

from pipeline.assess.calibration import calibration


def test_bins_hold_what_falls_into_them():
    found = calibration([(0.0, False), (0.05, True), (0.95, True), (1.0, True)])
    assert [(b.start, b.end, b.count) for b in found.bins] == [(0.0, 0.1, 2), (0.9, 1.0, 2)]
    assert found.bins[0].right == 0.5
    assert found.error == round((2 * abs(0.025 - 0.5) + 2 * abs(0.975 - 1)) / 4, 4)


def test_nothing_is_perfectly_calibrated():
    assert calibration([]).error == 0.0
    assert calibration([]).bins == ()
