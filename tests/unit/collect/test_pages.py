"""Reading pages in turns: a clock that goes when a page is read or a rest is taken."""

import asyncio
import itertools
from collections import defaultdict

from pipeline.collect.fetch import Hop
from pipeline.collect.pages import NotReached, PageDone, Visit, Visited, read_pages
from pipeline.collect.turns import Turns
from schemas.feed import Failed, FailureKind
from schemas.page import Extracted, PageTask, PageText


class World:
    """Sites whose pages take a second each; ``began`` has (host, when) of every request."""

    def __init__(self, answers=None, delay_s=0.0):
        self.at = 0.0
        self.began = []
        self.under_way = defaultdict(int)
        self.most = defaultdict(int)
        self.answers = answers or {}
        self.delay_s = delay_s

    def clock(self):
        return self.at

    async def sleep(self, seconds):
        await asyncio.sleep(0)
        self.at += seconds

    async def read(self, url):
        host = url.split("/")[2]
        self.began.append((host, self.at))
        self.under_way[host] += 1
        self.most[host] = max(self.most[host], self.under_way[host])
        await asyncio.sleep(0)
        self.at += 1.0
        self.under_way[host] -= 1
        result = self.answers.get(url) or PageText(url, Extracted("text"))
        return Visited(result, self.delay_s)


async def run(world, urls, *, spacing=3.0, pass_s=1000.0, concurrency=20):
    tasks = [PageTask(n, url, "Deal") for n, url in enumerate(urls)]
    return [
        done
        async for done in read_pages(
            tasks,
            read=world.read,
            turns=Turns[Visit](spacing),
            pass_s=pass_s,
            clock=world.clock,
            sleep=world.sleep,
            concurrency=concurrency,
        )
    ]


def gaps(world, host):
    times = [at for name, at in world.began if name == host]
    return [later - sooner for sooner, later in itertools.pairwise(times)]


async def test_pages_of_one_host_are_apart_by_the_spacing_after_the_answer():
    world = World()
    done = await run(world, [f"http://a/{n}" for n in range(4)])
    assert len(done) == 4
    assert world.most["a"] == 1
    assert all(gap >= 4.0 for gap in gaps(world, "a")), "a second for the page, three of rest"


async def test_other_hosts_do_not_wait():
    world = World()
    await run(world, ["http://a/1", "http://a/2", "http://b/1", "http://c/1"])
    first = {host for host, _ in world.began[:3]}
    assert first == {"a", "b", "c"}


async def test_a_crawl_delay_is_waited_for():
    world = World(delay_s=30.0)
    await run(world, ["http://a/1", "http://a/2"])
    assert gaps(world, "a")[0] >= 31.0


async def test_no_page_is_begun_after_the_time_of_the_pass_and_the_rest_is_told():
    world = World()
    found = await run(world, [f"http://a/{n}" for n in range(5)], pass_s=6.0)
    assert len([one for one in found if isinstance(one, PageDone)]) == 2
    left = [one for one in found if isinstance(one, NotReached)]
    assert [one.task.article_id for one in left] == [2, 3, 4]
    assert all(at < 6.0 for _, at in world.began)


async def test_no_more_pages_at_once_than_allowed():
    world = World()
    await run(world, [f"http://h{n}/" for n in range(9)], concurrency=2)
    ends = sorted(at + 1.0 for _, at in world.began)
    assert len(world.began) == 9
    assert ends[-1] >= 5.0


async def test_a_redirect_waits_for_the_turn_of_the_host_that_it_leads_to():
    world = World({"http://a/1": Hop("http://b/2", permanent=False)})
    found = await run(world, ["http://a/1", "http://b/1"])
    assert [host for host, _ in world.began] == ["a", "b", "b"]
    assert gaps(world, "b")[0] >= 3.0
    assert {one.host for one in found} == {"b"}


async def test_redirects_that_lead_back_or_go_on_for_ever_end_as_a_failure():
    back = World({"http://a/1": Hop("http://b/1", False), "http://b/1": Hop("http://a/1", False)})
    [done] = await run(back, ["http://a/1"])
    assert isinstance(done.result, Failed)
    assert done.result.kind is FailureKind.REDIRECT_LOOP
    chain = World({f"http://a/{n}": Hop(f"http://a/{n + 1}", False) for n in range(20)})
    [done] = await run(chain, ["http://a/0"], spacing=0.0)
    assert isinstance(done.result, Failed)
    assert "more than 5" in done.result.message
    assert len(chain.began) == 6


async def test_an_address_without_a_host_is_a_task_like_others():
    world = World({"http:///1": Failed("http:///1", FailureKind.BAD_URL, "names no host")})
    [done] = await run(world, ["http:///1"])
    assert isinstance(done.result, Failed)
