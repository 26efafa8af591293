"""Lines that nobody should send, to the commands that read lines: an answer or a clear refusal."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app

PACT = "Kenya and Italy sign lithium pact"
GOOD = json.dumps({"id": "good", "title": PACT, "published": "2026-05-04"}).encode()
COMMANDS = ["classify", "cluster"]


def call(command: str, *lines: bytes) -> Result:
    return CliRunner().invoke(app, [command], input=b"\n".join(lines) + b"\n")


def answers(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def refuse(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"not json", "line 1: not JSON"),
        (b"[1]", "line 1: not a JSON object"),
        (b'"text"', "line 1: not a JSON object"),
        (b"[" * 100_000, "line 1: not JSON: nested too deeply"),
        (b'{"id": ' + b"9" * 5_000 + b"}", "line 1: not JSON: Exceeds the limit"),
        (b'{"id": NaN, "title": "x"}', "line 1: not JSON: NaN is no number"),
        (b'{"id": 1, "title": "x"', "line 1: not JSON"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_and_the_next_is_read(
    command: str, line: bytes, told: str
) -> None:
    result = call(command, line, GOOD)
    assert result.exit_code == 2
    assert told in result.stderr
    assert "Traceback" not in result.stderr
    assert [row["id"] for row in answers(result)] == ["good"]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "row",
    [
        {"id": None},
        {"id": ["a", 1], "title": True, "summary": 0.5},
        {"id": {"a": 1}, "title": {"b": 2}, "summary": ["c"], "lang": 7, "published": ["x"]},
        {"id": "\ud800", "title": f"{PACT} \udfff", "summary": "\ud83d", "lang": "\ud800"},
        {"id": "", "title": "", "summary": "", "lang": "", "published": ""},
        {"id": 1, "title": PACT, "published": "0001-01-01T00:00:00+14:00"},
        {"id": 1, "title": PACT, "published": "9999-12-31T23:59:59-14:00"},
        {"id": 1, "title": PACT, "lang": "uk"},
        {"id": 1, "title": PACT, "lang": "zz-ZZ-zz"},
        {"id": 1, "title": PACT + " \x00\x1b[2J\u202e\u200b<script>alert(1)</script>&#0;"},
        {"id": 1, "title": PACT, "unknown": {"deep": [1]}},
    ],
    ids=lambda row: ascii(row)[:60],
)
def test_odd_values_get_an_answer(command: str, row: dict[str, object]) -> None:
    result = call(command, GOOD, json.dumps(row).encode(), GOOD)
    assert result.exit_code == 0, result.stderr
    found = answers(result)
    assert [line["id"] for line in found] == ["good", row["id"], "good"]
    if command == "classify":
        title = row.get("title")
        assert found[1]["relevant"] is (isinstance(title, str) and PACT in title)
        for piece in found[1]["relevance_evidence"]:  # type: ignore[attr-defined]
            text = row[piece["field"]]
            assert text[piece["start"] : piece["end"]] == piece["text"]  # type: ignore[index]


def test_what_could_not_be_read_is_in_the_output() -> None:
    rows = [
        {"id": 1, "title": "", "summary": "  "},
        {"id": 2, "title": PACT, "summary": "lithium " * 130_000},
        {"id": 3, "title": "Рада ратифікувала угоду про надра зі США", "lang": "en"},
    ]
    nothing, long, mistagged = answers(call("classify", *(json.dumps(r).encode() for r in rows)))
    assert nothing["problems"] == ["no text"]
    assert "1040000 characters: the first" in str(long["problems"])
    assert mistagged["problems"] == ["tagged 'en', read as 'uk'"]
    assert mistagged["relevant"]


@pytest.mark.parametrize("command", COMMANDS)
def test_bytes_that_are_no_utf_8_and_a_byte_order_mark(command: str) -> None:
    bad = b'{"id": "b", "title": "\xff\xfe Kenya and Italy sign lithium pact \xd0"}'
    result = call(command, b"\xef\xbb\xbf" + GOOD, bad, '{"id": "c", "title": "\ufffd"}'.encode())
    assert result.exit_code == 0, result.stderr
    assert [row["id"] for row in answers(result)] == ["good", "b", "c"]
    assert "line 2: not all of it is UTF-8" in result.stderr
    assert "line 3" not in result.stderr


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "koi8-r"])
def test_another_locale_changes_nothing_of_what_is_read(encoding: str) -> None:
    row = {"id": "ї", "title": "Рада ратифікувала угоду про надра зі США", "lang": "uk"}
    done = subprocess.run(
        [Path(sys.executable).parent / "mineralwatch", "classify"],
        input=json.dumps(row, ensure_ascii=False).encode() + b"\n",
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        check=True,
    )
    found = json.loads(done.stdout.decode(encoding))
    assert found["id"] == "ї"
    assert found["stage"] == "ratified"
    assert found["themes"]


def test_output_is_json_that_strict_readers_take() -> None:
    rows = [{"id": n, "title": PACT, "summary": "€1e400 and $" + "9" * 400} for n in range(3)]
    result = call("classify", *(json.dumps(row).encode() for row in rows))
    read = [json.loads(line, parse_constant=refuse) for line in result.stdout.splitlines()]
    assert [line["id"] for line in read] == [0, 1, 2]


def test_a_megabyte_takes_no_longer_than_a_page() -> None:
    rows = [
        {"id": 1, "title": "(" * 1_000_000, "summary": "<" * 1_000_000},
        {"id": 2, "title": "lithium " * 125_000, "summary": "&amp;" * 200_000},
        {"id": 3, "title": PACT, "summary": "\u202e" * 500_000 + "угоду " * 90_000},
        {"id": 4, "title": "a- " * 300_000, "summary": "$1 " * 300_000},
        {"id": 5, "title": PACT, "summary": ")]}" * 300_000},
        {"id": 6, "title": PACT, "summary": "lithium-" * 120_000},
    ]
    call("classify", GOOD)
    started = time.process_time()
    result = call("classify", *(json.dumps(row).encode() for row in rows))
    assert [row["id"] for row in answers(result)] == [1, 2, 3, 4, 5, 6]
    assert time.process_time() - started < 8
