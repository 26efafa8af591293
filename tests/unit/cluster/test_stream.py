"""Stories from a stream of documents."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.cluster.evaluate import b_cubed, events_of
from pipeline.cluster.places import Gazetteer
from pipeline.cluster.stream import StoryStream
from pipeline.yaml_files import read_yaml
from schemas.assessment import Stage
from schemas.rules import StatesFile
from schemas.story import ClusterDocument

ROOT = Path(__file__).parents[3]
LABELLED = ROOT / "tests" / "data" / "stories.jsonl"
STATES = ROOT / "pipeline" / "config" / "lexicon" / "states.yaml"
ARTICLE = (
    "The two sides put their names to the fund on Wednesday after weeks of talks. Each holds half "
    "of the votes, the economy ministry said, and new licences will pay into it for ten years."
)


def test_a_story_bears_the_id_of_its_first_document(told):
    stream = StoryStream()
    assert stream.assign(told("Fund signed in Washington", ARTICLE, id="a")) == "a"
    assert stream.assign(told("White Wolves reach the World Cup", id="b")) == "b"
    assert stream.assign(told("Deal done, says Kyiv", ARTICLE, id="c", days=1)) == "a"
    assert stream.assign(told("Fund at last", ARTICLE, id="d", days=2)) == "a"


def test_what_lies_before_the_window_is_forgotten(told):
    stream = StoryStream(window=timedelta(days=3))
    for n in range(200):
        stream.assign(told(f"Item numbered {n} of the stream", id=str(n), days=n))
    assert len(stream) < 100


def test_no_more_than_the_most_is_held(told):
    stream = StoryStream(most=10)
    for n in range(50):
        stream.assign(told(f"Item numbered {n}", id=str(n)))
        assert len(stream) <= 10


def test_the_lately_matched_stay_longest(told):
    stream = StoryStream(most=4)
    stream.assign(told("Fund signed in Washington", ARTICLE, id="a"))
    for n in range(6):
        stream.assign(told(f"Nothing to do with it {n * 1111}", id=str(n)))
        assert stream.assign(told("Fund signed in Washington", ARTICLE, id=f"copy{n}")) == "a"


def test_one_document_dated_far_ahead_or_behind_forgets_nothing(told):
    stream = StoryStream()
    stream.assign(told("Fund signed in Washington", ARTICLE, id="a"))
    stream.assign(told("A slip of the clock", id="b", days=3000))
    stream.assign(told("No date at all", id="c", days=-9000))
    assert stream.assign(told("Fund signed in Washington", ARTICLE, id="d")) == "a"


def test_two_documents_of_one_id_are_no_trouble(told):
    stream = StoryStream()
    for _ in range(2):
        assert stream.assign(told("Fund signed in Washington", ARTICLE, id="a")) == "a"


@pytest.fixture(scope="module")
def gazetteer():
    return Gazetteer.of_states(read_yaml(STATES, StatesFile).states)


def _labelled(gazetteer, *, read):
    for line in LABELLED.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        document = ClusterDocument(
            id=row["id"],
            title=row["title"],
            summary=row["summary"],
            published_at=datetime.fromisoformat(row["published"]).replace(tzinfo=UTC),
            language=row["lang"],
            places=gazetteer.places(row["title"], row["summary"]),
        )
        if read:
            document = replace(
                document,
                parties=tuple(row["parties"]),
                minerals=tuple(row["minerals"]),
                stage=Stage(row["stage"]),
            )
        yield row["event"], document


@pytest.mark.parametrize("read", [True, False], ids=["all read", "text and places alone"])
def test_labelled_news_of_ten_busy_spans(gazetteer, read):
    """Weeks with many items on the same states: floors, so that a change for the worse is seen."""
    stream, stories, events = StoryStream(), {}, {}
    for event, document in _labelled(gazetteer, read=read):
        stories[document.id] = stream.assign(document)
        events[document.id] = event
    scores = b_cubed(stories, events_of(events))
    assert scores.precision >= (0.88 if read else 0.9)
    assert scores.f1 >= (0.88 if read else 0.84)
