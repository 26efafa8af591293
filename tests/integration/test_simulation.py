"""The simulation of the schedule: the same by seed; nobody starves or is pressed; it adds up."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pipeline.collect.poll import PER_HOST
from pipeline.collect.schedule import MIN_INTERVAL_S
from pipeline.settings import Settings
from pipeline.store import feeds as store
from pipeline.store.engine import open_database

ROOT = Path(__file__).parents[2]
FEEDS, DAYS, SEED = 1_000, 1, 7


@pytest.fixture(scope="module")
def simulator() -> Iterator[ModuleType]:
    """benchmarks/simulate.py, which is a program and no package."""
    folder = str(ROOT / "benchmarks")
    sys.path.insert(0, folder)
    yield importlib.import_module("simulate")
    sys.path.remove(folder)


@pytest.fixture(scope="module")
def told(simulator: ModuleType) -> dict[str, Any]:
    """A thousand feeds for a day."""
    found: dict[str, Any] = simulator.simulate(FEEDS, DAYS, SEED)
    return found


def test_no_feed_starves(told: dict[str, Any]) -> None:
    """Each is polled in the first pass after its time, and none is overdue when all is over."""
    assert told["most_ticks_late"] == 0
    assert told["overdue_at_the_end"] == 0


def test_nobody_is_asked_too_soon(told: dict[str, Any]) -> None:
    assert told["too_early"] == 0
    assert told["before_a_retry_after"] == 0
    assert MIN_INTERVAL_S / 2 <= told["closest_polls_s"] <= MIN_INTERVAL_S


def test_a_host_is_asked_by_few_at_once(told: dict[str, Any]) -> None:
    """By the real queues, in the passes with the most feeds of one host."""
    most = [one["at_once_of_a_host"] for one in told["passes"].values()]
    assert max(most) == PER_HOST
    assert told["one_host_a_pass"] > PER_HOST
    assert max(one["at_once"] for one in told["passes"].values()) == 100


def test_the_figures_add_up(told: dict[str, Any]) -> None:
    assert sum(told["shares"].values()) == pytest.approx(1, abs=0.001)
    seen = told["new_items"] + told["lost_items"] + told["items_before_the_first_reading"]
    assert seen == told["arrived_items"]
    assert told["polls"] > FEEDS * 10
    a_pass, a_minute = told["feeds_a_pass"], told["polls_a_minute"]
    assert a_pass["max"] == pytest.approx(5 * a_minute["max"], abs=1)
    # Busy feeds are seen soon and quiet ones later; nearly nothing is lost.
    assert told["delay_min"]["busy"]["p50"] < 10 < told["delay_min"]["quiet"]["p50"] < 120
    assert told["lost_items"] < told["new_items"] / 1_000


def test_the_same_seed_tells_the_same(simulator: ModuleType) -> None:
    runs = [simulator.simulate(100, 0.25, seed) for seed in (1, 1, 2)]
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_rows_and_memory_decide_alike(simulator: ModuleType, database_url: str) -> None:
    """What 100,000 feeds are simulated by is what the database would be asked for."""
    by_rows = simulator.simulate(200, 0.25, SEED, url=database_url)
    assert by_rows == simulator.simulate(200, 0.25, SEED)
    database = open_database(database_url)
    try:
        with database.read() as session:
            begin, end = simulator.START, simulator.START.replace(day=3)
            polls, failed = store.poll_counts(since=begin, until=end, session=session)
    finally:
        database.close()
    assert polls == by_rows["polls"]
    assert 0 < failed < polls / 4


def test_outages(simulator: ModuleType) -> None:
    """After two hours off all that came due is polled at once; a cut ends by the product's rule."""
    told = simulator.simulate(300, 8, SEED)
    down, cut = told["outages"]["down"], told["outages"]["cut"]
    usual = told["feeds_a_pass"]["p95"]
    assert down["passes_after"][0] == down["busiest_pass_after"] > usual
    assert down["minutes_until_usual"] <= 30
    assert cut["made_due_at_its_end"] > 75
    assert cut["seen_after_its_end_min"]["p95"] < 45
    assert told["too_early"] == told["before_a_retry_after"] == told["overdue_at_the_end"] == 0


def test_waits_that_count_from_the_batch_miss_ticks(simulator: ModuleType) -> None:
    """The reason for `on_the_clock`: where a batch begins late, its busy feeds slip a tick."""
    kept = simulator.simulate(500, 0.5, SEED, as_if=400_000)
    slipped = simulator.simulate(500, 0.5, SEED, as_if=400_000, clocked=False)
    busy = kept["delay_min"]["busy"]["p50"], slipped["delay_min"]["busy"]["p50"]
    assert busy[0] < busy[1]
    assert kept["polls"] > slipped["polls"]


# ---- benchmarks/scale.py -------------------------------------------------------------------------


@pytest.fixture
def scale(simulator: ModuleType) -> ModuleType:
    return importlib.import_module("scale")


def test_needs_grow_with_the_feeds(scale: ModuleType) -> None:
    costs, traffic = scale.Costs(), scale.Traffic()
    one, ten = (scale.need(n, costs, traffic) for n in (100_000, 1_000_000))
    assert ten.polls_a_minute == pytest.approx(10 * one.polls_a_minute)
    assert ten.poll_cores == pytest.approx(10 * one.poll_cores)
    shares = (traffic.not_modified, traffic.unchanged, traffic.changed, traffic.one_new)
    assert sum(shares) + traffic.failed == pytest.approx(1, abs=0.005)


def test_the_page_shows_what_the_program_prints(scale: ModuleType) -> None:
    page = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    assert scale.table(scale.SIZES) in page


def test_the_page_names_settings_that_exist() -> None:
    page = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    for knob in ("fetch_concurrency", "parse_processes", "fetch_timeout_s"):
        assert knob in Settings.model_fields
        assert f"MINERALWATCH_{knob.upper()}" in page
