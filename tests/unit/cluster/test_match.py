"""Which documents tell one happening."""

import pytest

from pipeline.cluster.match import THRESHOLD, WINDOW, choose, similarity
from schemas.story import StoryCandidate

UA_US = {"parties": ("UA", "US")}
SIGNED = {**UA_US, "stage": "signed"}
ARTICLE = (
    "The two sides put their names to the fund on Wednesday after weeks of talks. Each holds half "
    "of the votes, the economy ministry said, and new licences will pay into it for ten years."
)


def same(one, other):
    assert similarity(one, other) == similarity(other, one)
    return similarity(one, other) >= THRESHOLD


def test_a_reprint_under_another_headline_is_the_same(told):
    one = told("Kyiv and Washington sign minerals fund", ARTICLE)
    assert same(one, told("Fund deal at last for Ukraine and America", ARTICLE, days=3))


def test_an_aggregators_copy_is_the_same_with_nothing_read(told):
    title = "Verkhovna Rada ratifies subsoil treaty by 338 votes"
    assert same(told(title, ARTICLE), told(f"{title} - Kyiv Post", f"{title}  Kyiv Post", days=0.5))


def test_an_edited_article_is_the_same(told):
    one = told("Kyiv and Washington sign minerals fund", ARTICLE, **SIGNED)
    edited = ARTICLE.replace("after weeks of talks", "after long talks")
    assert same(one, told("Kyiv and Washington sign minerals fund", edited, days=1, **SIGNED))


def test_one_signing_in_other_words_and_languages(told):
    english = told("US, Ukraine ink long-awaited rare-earths deal", **SIGNED)
    ukrainian = told("Україна і США уклали угоду про надра", days=0.3, language="uk", **SIGNED)
    russian = told("Киев и Вашингтон договорились о недрах", days=0.4, language="ru", **SIGNED)
    assert same(english, ukrainian)
    assert same(english, russian)


def test_a_name_carries_where_parties_were_not_read(told):
    one = told("Титан Фірташа: родовища підуть з молотка", language="uk", minerals=("titanium",))
    other = told("Titanium fields seized from Firtash go on sale", minerals=("titanium",))
    stranger = told("Titanium dental implants go on sale", minerals=("titanium",))
    assert similarity(one, other) > 1.5 * similarity(one, stranger)


def test_places_and_a_day_named_tell_where_parties_were_not_read(told):
    one = told("Polls close in nuclear plant vote", places=("KZ",))
    other = told("Sunday's vote: 70% for nuclear plant", days=1)
    nowhere = similarity(one, other)
    elsewhere = similarity(one, told(other.title, days=1, places=("CL",)))
    there = similarity(one, told(other.title, days=1, places=("KZ",)))
    assert elsewhere < nowhere < there
    dated = told("On Wednesday polls close in nuclear plant vote", places=("KZ",))
    assert similarity(dated, told("Wednesday's vote: 70% for nuclear plant", days=1)) > nowhere


def test_two_memoranda_of_the_same_states_in_other_months_stay_apart(told):
    one = told("Uzbekistan, US sign minerals memorandum", ARTICLE, **SIGNED)
    other = told("Uzbekistan, US sign minerals memorandum", ARTICLE, days=32, **SIGNED)
    assert similarity(one, other) == 0.0


def test_documents_just_within_the_window_are_compared(told):
    one = told("Kyiv and Washington sign minerals fund", ARTICLE)
    days = WINDOW.total_seconds() / 86_400
    assert similarity(one, told(one.title, ARTICLE, days=days)) > 0.0
    assert similarity(one, told(one.title, ARTICLE, days=days + 0.01)) == 0.0


def test_a_signing_and_its_ratification_stay_apart(told):
    signing = told("Ukraine and US sign minerals agreement in Washington", **SIGNED)
    ratifying = told(
        "Rada ratifies minerals agreement with US, 338 in favour",
        days=2,
        **UA_US,
        stage="ratified",
    )
    assert not same(signing, ratifying)


def test_a_signing_and_a_hitch_the_day_before_stay_apart(told):
    hitch = told("Last-minute row over fund holds up minerals pact", **UA_US, stage="stalled")
    signing = told("Kyiv, Washington put names to accord", days=0.8, **SIGNED)
    assert not same(hitch, signing)


def test_other_parties_keep_like_headlines_apart(told):
    one = told("EU and Kazakhstan sign raw materials memorandum", parties=("EU", "KZ"))
    other = told("UK and Chile sign raw materials memorandum", parties=("CL", "GB"))
    assert not same(one, other)


def test_a_state_that_signs_with_two_others_makes_two_stories(told):
    one = told("Mongolia and Canada sign minerals memorandum", ARTICLE, parties=("CA", "MN"))
    other = told("Mongolia and Japan sign minerals memorandum", ARTICLE, parties=("JP", "MN"))
    assert not same(one, other)


def test_a_partner_that_the_other_at_least_names_is_no_other_partner(told):
    one = told("Mongolia and Canada sign minerals memorandum", ARTICLE, parties=("CA", "MN"))
    wide = told(one.title, ARTICLE, parties=("JP", "MN"), places=("CA",))
    assert same(one, wide)
    assert same(one, told(one.title, ARTICLE, parties=("CA", "JP", "MN")))


def test_items_without_words_are_not_copies_of_each_other(told):
    assert not same(told(""), told(""))
    assert not same(told("Gold price today"), told("Gold price today", days=9))


def candidate(story, document):
    return StoryCandidate(story_id=story, document=document)


def test_no_candidates_or_none_near_open_a_story(told):
    document = told("Kyiv and Washington sign minerals fund", ARTICLE)
    assert choose(document, []) is None
    assert choose(document, [candidate(1, told("White Wolves reach the World Cup"))]) is None


def test_the_nearest_story_is_chosen_and_the_reason_told(told):
    document = told("Dobra tender won by TechMet, cabinet says", parties=("UA", "US"))
    match = choose(
        document,
        [
            candidate(7, told("Cabinet names TechMet winner of Dobra tender", **UA_US)),
            candidate(3, told("Budget code changed for the fund", **UA_US)),
        ],
    )
    assert match is not None
    assert match.story_id == 7
    assert THRESHOLD <= match.similarity <= 1
    assert "same parties (UA, US)" in match.reason
    assert "techmet" in match.reason
    assert "same day" in match.reason


def test_the_reason_names_what_is_shared(told):
    one = told("Сделка", ARTICLE, minerals=("lithium",), agreement="ua-us-fund", days=2)
    match = choose(
        told("Сделка", ARTICLE, minerals=("lithium", "tin"), agreement="ua-us-fund"),
        [candidate(1, one)],
    )
    assert match.reason.startswith("the same text; the same agreement (ua-us-fund)")
    assert "the same minerals (lithium)" in match.reason
    assert match.reason.endswith("2 days apart")


def test_a_story_is_judged_by_all_its_articles(told):
    """A passing likeness to one article does not draw a document into another story."""
    document = told("Lawmakers set date for vote on treaty", **SIGNED)
    near = told("Speaker sets no date for treaty", "Nothing was said of it.", days=1, **SIGNED)
    far = [
        candidate(1, told(f"Unlike text number {n}", parties=("EU", "KZ"), id=str(n)))
        for n in range(12)
    ]
    assert choose(document, [candidate(1, near)]) is not None
    assert choose(document, [candidate(1, near), *far]) is None


def test_a_copy_of_one_article_joins_its_story_whatever_else_is_in_it(told):
    document = told("Kyiv and Washington sign minerals fund", ARTICLE)
    far = [candidate(1, told(f"Unlike text number {n}", id=str(n))) for n in range(12)]
    assert choose(document, [*far, candidate(1, told("Fund signed", ARTICLE))]).story_id == 1


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_of_candidates_does_not_matter(told, order):
    document = told("Kyiv and Washington sign minerals fund", ARTICLE)
    twins = [candidate(5, told("Fund signed", ARTICLE)), candidate(2, told("Fund signed", ARTICLE))]
    assert choose(document, twins[::order]).story_id == 2
