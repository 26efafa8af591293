"""Children are stopped with all that they started; a crash is told with its log."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from pipeline.up.processes import Child, Component, rotate, start, stop, tail

# A process that starts another in a process group of its own, as Airflow does with tasks, says
# both ids, and does what it is told about SIGTERM.
PARENT = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, {handler})
code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True)"
child = subprocess.Popen(
    [sys.executable, "-c", code + "; time.sleep(600)"], process_group=0, stdout=subprocess.PIPE
)
child.stdout.readline()
print("ready", child.pid, flush=True)
time.sleep(600)
"""
POLITE, DEAF = "lambda *_: sys.exit(0)", "signal.SIG_IGN"

Starter = Callable[[str], Child]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Starter]:
    begun: list[Child] = []

    def begin_one(code: str) -> Child:
        name = f"child-{len(begun)}"
        component = Component(name, (sys.executable, "-c", code))
        begun.append(start(component, env=os.environ, log=tmp_path / "logs" / f"{name}.log"))
        return begun[-1]

    yield begin_one
    stop(begun, grace_s=0, hurry=lambda: True)


def until(condition: Callable[[], bool], *, timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


def grandchild(child: Child) -> int:
    until(lambda: "ready" in child.log.read_text())
    return int(child.log.read_text().split()[1])


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize(("handler", "stubborn"), [(POLITE, []), (DEAF, ["child-0"])])
def test_nothing_is_left_of_a_child_and_its_children(
    handler: str, stubborn: list[str], begin: Starter
) -> None:
    child = begin(PARENT.format(handler=handler))
    below = grandchild(child)
    assert os.getpgid(below) != os.getpgid(child.pid)
    assert stop([child], grace_s=0.5, hurry=lambda: False) == stubborn
    assert gone(child.pid)
    assert gone(below)


def test_the_last_is_asked_when_the_others_have_ended(begin: Starter, tmp_path: Path) -> None:
    note = "open({path!r}, 'a').write({name!r})"
    code = (
        "import signal, sys, time\n"
        "def end(*_):\n    time.sleep({after})\n    {note}\n    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\nprint('ready', flush=True)\ntime.sleep(600)"
    )
    order = tmp_path / "order"
    children = [
        begin(code.format(after=after, note=note.format(path=str(order), name=name)))
        for name, after in (("a", 0.3), ("b", 0.0), ("z", 0.0))
    ]
    for child in children:
        until(lambda log=child.log: "ready" in log.read_text())
    assert stop(children, grace_s=10, hurry=lambda: False) == []
    assert order.read_text() == "baz"


def test_a_child_that_ends_with_its_own_child(tmp_path: Path) -> None:
    code = (
        "import signal, subprocess, sys\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "below = [sys.executable, '-c', 'import signal, time; '\n"
        "  'signal.signal(signal.SIGTERM, signal.SIG_DFL); print(1, flush=True); '\n"
        "  'time.sleep(600)']\n"
        "child = subprocess.Popen(below, stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\nprint('ready', flush=True)\nchild.wait()"
    )
    component = Component("one", (sys.executable, "-c", code), by_child=True)
    child = start(component, env=os.environ, log=tmp_path / "one.log")
    until(lambda: "ready" in child.log.read_text())
    assert stop([child], grace_s=10, hurry=lambda: False) == []


def test_a_second_request_does_not_wait(begin: Starter) -> None:
    child = begin(PARENT.format(handler=DEAF))
    grandchild(child)
    begun = time.monotonic()
    assert stop([child], grace_s=600, hurry=lambda: True) == ["child-0"]
    assert time.monotonic() - begun < 60
    assert gone(child.pid)


def test_a_crash_is_told_with_the_end_of_what_this_start_wrote(
    begin: Starter, tmp_path: Path
) -> None:
    log = tmp_path / "logs" / "child-0.log"
    log.parent.mkdir()
    log.write_text("of an earlier start\n")
    child = begin("import sys\nfor i in range(99): print('line', i)\nsys.exit(7)")
    until(lambda: child.crashed() is not None)
    crash = child.crashed()
    assert crash is not None
    assert (crash.name, crash.code, crash.log) == ("child-0", 7, log)
    assert crash.tail.splitlines() == [f"line {i}" for i in range(79, 99)]


def test_the_end_of_a_short_log_leaves_out_earlier_starts(begin: Starter, tmp_path: Path) -> None:
    log = tmp_path / "logs" / "child-0.log"
    log.parent.mkdir()
    log.write_text("of an earlier start\n")
    child = begin("print('of this one')")
    until(lambda: child.crashed() is not None)
    assert child.tail() == "of this one"


def test_a_child_has_variables_of_its_own(tmp_path: Path) -> None:
    code = "import os; print(os.environ['A'], os.environ['B'])"
    component = Component("one", (sys.executable, "-c", code), env={"B": "{A}?timeout=1"})
    child = start(component, env={**os.environ, "A": "a"}, log=tmp_path / "one.log")
    until(lambda: child.crashed() is not None)
    assert child.tail() == "a a?timeout=1"


def test_a_running_child_has_not_crashed(begin: Starter) -> None:
    assert begin("import time; time.sleep(600)").crashed() is None


def test_the_terminals_signals_do_not_reach_a_child(begin: Starter) -> None:
    child = begin("import time; time.sleep(600)")
    assert os.getsid(child.pid) == child.pid
    assert os.getsid(child.pid) != os.getsid(0)


def test_children_end_when_we_are_killed(tmp_path: Path) -> None:
    code = (
        "import os, sys, time\nfrom pathlib import Path\n"
        "from pipeline.up.processes import Component, start\n"
        "one = Component('one', (sys.executable, '-c', 'import time; time.sleep(600)'))\n"
        f"print(start(one, env=os.environ, log=Path({str(tmp_path / 'one.log')!r})).pid)\n"
        "sys.stdout.flush()\ntime.sleep(600)"
    )
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=root
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    until(lambda: gone(child))


def test_a_log_that_has_grown_is_moved_aside(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"a" * 11)
        rotate(log, limit=10)
        writer.write(b"next\n")
    assert (tmp_path / "x.log.1").read_bytes() == b"a" * 11
    assert log.read_bytes() == b"next\n"
    rotate(log, limit=10)
    assert log.read_bytes() == b"next\n"


def test_the_end_of_a_log_that_was_cut_meanwhile(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_text("short\n")
    assert tail(log, since=1000) == "short"
