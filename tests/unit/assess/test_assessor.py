"""The assessor as its callers see it."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.assess.assessor import Assessor, build_assessor
from pipeline.assess.output import to_line
from pipeline.errors import ConfigError
from schemas.assessment import Assessment, Document, Stage
from schemas.rules import PatternConfig


def read(assessor, title, summary="", language="en") -> Assessment:
    return assessor.assess_one(Document(id="1", title=title, summary=summary, language=language))


def assert_evidence_holds(document: Document, assessment: Assessment) -> None:
    pieces = [
        *assessment.relevance_evidence,
        *assessment.stage_evidence,
        *(money.evidence for money in assessment.money),
        *(piece for theme in assessment.themes for piece in theme.evidence),
    ]
    for piece in pieces:
        assert piece.text == getattr(document, piece.field)[piece.start : piece.end]
        assert piece.pattern


def test_a_signing_is_read_in_full(assessor):
    document = Document(
        id="7",
        title="Kenya, Italy sign memorandum on lithium and rare-earth mines - Mining.com",
        summary="The EBRD will lend €150 million for a refinery at home "
        "to cut Europe's dependence on China.",
        language="en",
    )
    found = assessor.assess_one(document)
    assert found.relevant
    assert found.relevance > 0.9
    assert found.stage is Stage.SIGNED
    assert found.parties == ("IT", "KE")
    assert found.minerals == ("lithium", "rare earths")
    assert found.bodies == ("EBRD",)
    assert [(m.amount, m.currency) for m in found.money] == [(150e6, "EUR")]
    assert found.significance == 3
    assert "signed" in found.reasons[0]
    assert {t.id for t in found.themes} >= {
        "supply_chains",
        "investment_infrastructure",
        "ifi_integration",
        "localization",
    }
    assert_evidence_holds(document, found)


@pytest.mark.parametrize(
    ("language", "title", "parties", "mineral"),
    [
        (
            "uk",
            "Україна та Італія підписали меморандум про видобуток літію",
            ("IT", "UA"),
            "lithium",
        ),
        (
            "ru",
            "Казахстан и Япония подписали соглашение о поставках урана",
            ("JP", "KZ"),
            "uranium",
        ),
        ("kk", "Қазақстан мен Франция уран туралы меморандумға қол қойды", ("FR", "KZ"), "uranium"),
        (
            "uz",
            "O‘zbekiston va Koreya volfram bo‘yicha memorandum imzoladi",
            ("KR", "UZ"),
            "tungsten",
        ),
        ("fr", "La France et la Mongolie signent un accord sur l'uranium", ("FR", "MN"), "uranium"),
        ("es", "Chile y Francia firman un acuerdo sobre el litio", ("CL", "FR"), "lithium"),
        ("de", "Chile und Frankreich unterzeichnen Abkommen über Lithium", ("CL", "FR"), "lithium"),
    ],
)
def test_a_signing_is_read_in_every_language(assessor, language, title, parties, mineral):
    found = read(assessor, title, language=language)
    assert found.relevant
    assert found.stage is Stage.SIGNED
    assert found.parties == parties
    assert mineral in found.minerals
    assert found.problems == ()


def test_outlet_name_does_not_count(assessor):
    with_outlet = read(assessor, "Kenya, Italy sign memorandum on lithium - Kazpravda.kz")
    assert with_outlet.parties == ("IT", "KE")
    assert not read(assessor, "Union signs wage deal for bus drivers - Mining.com").relevant


def test_opponent_is_no_party(assessor):
    found = read(assessor, "Kenya, Italy sign lithium pact to cut dependence on China")
    assert found.parties == ("IT", "KE")


def test_known_agreement_is_named(assessor):
    found = read(assessor, "Рада ратифікувала угоду зі США про надра", language="uk")
    assert found.agreement == "ua-us-minerals"
    assert read(assessor, "Kenya, Italy sign memorandum on lithium").agreement is None


def test_one_state_alone_names_no_agreement_of_its_own(assessor):
    """News of the United States and no other is not news of Project Vault, unless it says so."""
    found = read(assessor, "US agency invests $180 million in TechMet for critical minerals")
    assert found.parties == ("US",)
    assert found.agreement is None
    assert read(assessor, "US bank lends $10 billion to Project Vault").agreement == "project-vault"


def test_order_is_kept_across_languages_and_batches(assessor):
    documents = [
        Document(id=str(n), title="Kenya signs pact" if n % 3 else "Рада підписала угоду")
        for n in range(700)
    ]
    assert [a.document_id for a in assessor.assess(documents)] == [d.id for d in documents]


def test_documents_are_taken_lazily(assessor):
    taken = 0

    def endless() -> Iterator[Document]:
        nonlocal taken
        while True:
            taken += 1
            yield Document(id=str(taken), title="Kenya signs pact")

    next(assessor.assess(endless()))
    assert taken <= 300


def test_ruleset_is_stable_and_moves_with_the_rules(rules, assessor):
    assert Assessor(rules).ruleset == assessor.ruleset
    theme = rules.themes[0].model_copy(update={"threshold": 0.51})
    changed = rules.model_copy(update={"themes": (theme, *rules.themes[1:])})
    assert Assessor(changed).ruleset != assessor.ruleset


@pytest.mark.parametrize(
    ("source", "told"),
    [("@agrement .. lithium", "no class @agrement"), ("@agreement ..", "beside an operator")],
)
def test_faulty_pattern_is_named_with_file_and_mend(rules, source, told):
    pattern = PatternConfig(id="faulty", match={"en": (source,)})
    theme = rules.themes[0].model_copy(update={"patterns": (pattern,)})
    with pytest.raises(ConfigError, match=told) as caught:
        build_assessor(rules.model_copy(update={"themes": (theme,)}))
    assert f"{theme.id}.yaml: faulty" in str(caught.value)
    assert caught.value.mend


@pytest.mark.parametrize(
    ("title", "summary", "language"),
    [
        ("", "", None),
        ("", "Kenya and Italy signed a memorandum on lithium.", "en"),
        ("x" * 100_000, "", "en"),
        ("Lithium pact of Kenya and Italy", "lithium deal " * 90_000, "en"),
        ("<b>Kenya</b>, Italy sign lithium&nbsp;pact", "<script>alert(1)</script><p>Signed", "en"),
        ("Kenya\x00\x1b[31m, Italy\u202e sign lithium pact \ud800", "\u200b" * 50, "en"),
        ("🇰🇪🤝🇮🇹 Kenya & Italy sign lithium pact 🎉", "🙂" * 1000, "en"),
        ("Kenya і Italy підписали lithium pact", "Қазақстан 中国 ウラン اتفاق", "zz"),
        ("Рада ратифікувала угоду про надра зі США", "", "en"),
        ("((((" * 500, "<" * 5000 + "&" * 5000, "de"),
    ],
)
def test_hostile_input_gives_a_result(assessor, title, summary, language):
    document = Document(id="h", title=title, summary=summary, language=language)
    found = assessor.assess_one(document)
    assert found.document_id == "h"
    assert_evidence_holds(document, found)


def test_what_could_not_be_read_is_told(assessor):
    assert read(assessor, "").problems == ("no text",)
    long = read(assessor, "Lithium pact of Kenya and Italy", "lithium deal " * 90_000)
    assert "the first" in long.problems[0]
    assert read(assessor, "Рада ратифікувала угоду про надра зі США").problems == (
        "tagged 'en', read as 'uk'",
    )


WORDS = st.sampled_from(
    [
        "Kenya",
        "Italy",
        "sign",
        "lithium",
        "pact",
        "to",
        "<p>",
        "-",
        "refuses",
        "$5bn",
        "\n",
        "угоду",
    ]
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(WORDS, max_size=25).map(" ".join), st.lists(WORDS, max_size=60).map(" ".join))
def test_evidence_always_points_at_its_text(assessor, title, summary):
    document = Document(id="p", title=title, summary=summary)
    assert_evidence_holds(document, assessor.assess_one(document))


def test_line_has_the_promised_keys(assessor):
    line = to_line(read(assessor, "Kenya, Italy sign memorandum on lithium"))
    assert list(line)[:9] == [
        "id",
        "relevant",
        "relevance",
        "themes",
        "stage",
        "parties",
        "minerals",
        "significance",
        "agreement",
    ]
    assert set(line["relevance_evidence"][0]) == {"field", "start", "end", "text", "pattern"}
    assert line["stage"] == "signed"


def test_word_within_an_expression_that_means_another_thing_does_not_count(assessor, rules):
    by_rules = Assessor(rules, model_folder=None)
    sign = read(by_rules, "Kenya, Italy lithium deal is a sign of goodwill, according to Rome")
    assert sign.stage is not Stage.SIGNED
    future = read(assessor, "Україна та Італія підпишуть угоду про літій", language="uk")
    assert future.stage is Stage.AGREED


def test_the_stage_is_told_with_its_whole_sentence(assessor):
    title = "Kenya, Italy sign memorandum on lithium. Mining begins in May"
    found = assessor.assess_one(Document(id="1", title=title, language="en"))
    assert found.stage is Stage.SIGNED
    assert found.stage_sentence is not None
    assert found.stage_sentence.field == "title"
    told = title[found.stage_sentence.start : found.stage_sentence.end]
    assert told == found.stage_sentence.text == "Kenya, Italy sign memorandum on lithium."
    assert to_line(found)["stage_sentence"]["text"] == told
