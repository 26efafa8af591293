"""Turns of hosts, on a clock of numbers."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.collect.turns import Turns, host_of


def test_one_page_of_a_host_at_a_time_and_some_seconds_between():
    turns = Turns[str](3.0)
    for thing in ("a1", "a2"):
        turns.add("a", thing)
    assert turns.take(0.0) == ("a", "a1")
    assert turns.take(100.0) is None, "a page is under way"
    assert turns.wait_s(100.0) is None
    turns.done("a", 100.0)
    assert turns.take(102.9) is None
    assert turns.wait_s(101.0) == 2.0
    assert turns.take(103.0) == ("a", "a2")


def test_hosts_do_not_wait_for_each_other_and_take_turns():
    turns = Turns[str](0.0)
    for thing in ("a1", "a2", "a3", "b1"):
        turns.add(thing[0], thing)
    order = []
    while turn := turns.take(0.0):
        order.append(turn[1])
        turns.done(turn[0], 0.0)
    assert order == ["a1", "b1", "a2", "a3"]


def test_a_longer_crawl_delay_is_obeyed_and_a_shorter_one_is_not_taken_up():
    turns = Turns[str](3.0)
    for thing in ("a1", "a2", "a3"):
        turns.add("a", thing)
    turns.take(0.0)
    turns.done("a", 0.0, delay_s=20.0)
    assert turns.wait_s(0.0) == 20.0
    turns.take(20.0)
    turns.done("a", 20.0, delay_s=0.1)
    assert turns.wait_s(20.0) == 3.0


def test_what_is_left_and_who_rests_is_told():
    turns = Turns[str](10.0)
    turns.add("a", "a1")
    turns.add("a", "a2")
    turns.take(0.0)
    turns.done("a", 1.0)
    assert turns.resting(4.0) == {"a": 7.0}
    assert turns.resting(11.0) == {}
    assert turns.left() == ["a2"]
    assert len(turns) == 0


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 5)), max_size=30),
    st.floats(0, 10),
)
def test_spacing_holds_whatever_the_pages_take(pages, spacing):
    turns = Turns[float](spacing)
    for host, takes in pages:
        turns.add(host, takes)
    now, ended, began = 0.0, {}, 0
    while (turn := turns.take(now)) or turns.wait_s(now) is not None:
        if turn is None:
            wait = turns.wait_s(now)
            assert wait is not None
            now += max(wait, 1e-9)
            continue
        host, takes = turn
        began += 1
        if host in ended:
            assert now >= ended[host] + spacing - 1e-6
        now += takes
        turns.done(host, now)
        ended[host] = now
    assert began == len(pages)


def test_a_host_is_one_whatever_its_case_port_and_www():
    urls = ["https://www.Example.com/a", "http://example.com:8080/b", "https://EXAMPLE.com./"]
    assert {host_of(url) for url in urls} == {"example.com"}
    assert host_of("http://[broken/") == host_of("mailto:a@b.c") == ""
