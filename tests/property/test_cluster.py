"""Stories hold whatever text comes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cluster.evaluate import b_cubed, pairwise
from pipeline.cluster.fingerprint import bands, distance, simhash
from pipeline.cluster.keys import MAX_KEY_CHARS, MAX_KEYS, keys
from pipeline.cluster.match import THRESHOLD, similarity
from pipeline.cluster.stream import StoryStream
from schemas.assessment import Stage
from schemas.story import ClusterDocument

DAY = datetime(2025, 1, 1, tzinfo=UTC)
TELLING_WORDS = "tungsten graphite deposit Karaganda Svyrydenko TechMet Добра угода видобуток"
TELLING = TELLING_WORDS.split()

texts = st.one_of(
    st.text(max_size=200),
    st.lists(st.sampled_from(TELLING), max_size=12).map(" ".join),
)
documents = st.builds(
    ClusterDocument,
    id=st.uuids().map(str),
    title=texts,
    summary=texts,
    published_at=st.integers(0, 30 * 24).map(lambda hours: DAY + timedelta(hours=hours)),
    language=st.sampled_from(["en", "uk", "ru"]),
    parties=st.lists(st.sampled_from(["UA", "US", "KZ", "EU"]), unique=True).map(tuple),
    minerals=st.lists(st.sampled_from(["lithium", "gold"]), unique=True).map(tuple),
    stage=st.sampled_from(list(Stage)),
    agreement=st.sampled_from([None, "ua-us"]),
)
items = st.dictionaries(st.integers(0, 30).map(str), st.integers(0, 5), max_size=20)


@given(documents, documents)
def test_likeness_is_mutual_and_within_bounds(one, other):
    assert similarity(one, other) == similarity(other, one)
    assert 0 <= similarity(one, other) <= 1


@given(documents)
def test_keys_are_few_short_and_the_same_each_time(document):
    found = keys(document)
    assert found == keys(replace(document, id="other"))
    assert len(found) <= MAX_KEYS
    assert all(0 < len(key) <= MAX_KEY_CHARS for key in found)


@given(st.permutations(TELLING), st.integers(0, 24 * 7), documents)
def test_a_copy_is_found_and_is_the_same_story(said, hours, document):
    one = replace(document, title=" ".join(said))
    copy = replace(one, id="copy", published_at=one.published_at + timedelta(hours=hours))
    assert keys(one) & keys(copy)
    assert similarity(one, copy) >= THRESHOLD


@given(st.permutations(TELLING), st.sampled_from([" - ", " | ", " — "]))
def test_the_outlets_name_changes_nothing(said, mark):
    title = " ".join(said)
    one = ClusterDocument("1", title, "", DAY, "en")
    other = ClusterDocument(
        "2", f"{title}{mark}Mining Weekly", f"{title}  Mining Weekly", DAY, "en"
    )
    assert keys(one) == keys(other)
    assert similarity(one, other) >= THRESHOLD


@given(st.text(), st.text())
def test_fingerprints_are_64_bits_and_near_ones_share_a_band(one, other):
    left, right = simhash(one), simhash(other)
    assert 0 <= left < 1 << 64
    assert distance(left, right) == distance(right, left) <= 64
    if distance(left, right) <= 3:
        assert set(bands(left)) & set(bands(right))


@settings(max_examples=50)
@given(st.lists(documents, max_size=20, unique_by=lambda document: document.id))
def test_a_stream_names_stories_by_documents_seen_and_is_repeatable(came):
    came = sorted(came, key=lambda document: document.published_at)
    first, second = StoryStream(most=8), StoryStream(most=8)
    seen = set()
    for document in came:
        seen.add(document.id)
        story = first.assign(document)
        assert story in seen
        assert story == second.assign(document)
        assert len(first) <= 8


@given(items)
def test_a_perfect_answer_scores_one_under_any_names(labelled):
    renamed = {item: f"story {story}" for item, story in labelled.items()}
    assert b_cubed(renamed, labelled).f1 == 1
    assert pairwise(renamed, labelled).f1 == 1


@given(items.flatmap(lambda gold: st.tuples(st.just(gold), st.permutations(list(gold.values())))))
def test_precision_and_recall_change_places_with_the_sides(both):
    labelled, shuffled = both
    answer = dict(zip(labelled, shuffled, strict=True))
    for scores in (b_cubed, pairwise):
        there, back = scores(answer, labelled), scores(labelled, answer)
        assert abs(there.precision - back.recall) < 1e-9
        assert 0 <= there.f1 <= 1 + 1e-9
