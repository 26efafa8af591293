"""Detection and normal forms."""

import pytest

from pipeline.assess.detect import detect
from pipeline.assess.normalise import build_normaliser


@pytest.mark.parametrize(
    ("text", "hint", "language"),
    [
        ("Kenya signs pact", "en", "en"),
        ("Рада ратифікувала угоду", "uk", "uk"),
        ("Рада ратифікувала угоду про надра", "ru", "uk"),
        ("Рада ратифицировала соглашение, депутаты выступили", "uk", "ru"),
        ("Қазақстан мен Өзбекстан меморандум бекітті", None, "kk"),
        ("Le gouvernement a signé un accord sur les terres rares", None, "fr"),
        ("El gobierno firmó un acuerdo sobre el litio con Bolivia", "en-GB", "es"),
        ("Kabinett billigt Abkommen über seltene Erden mit Norwegen", "zz", "de"),
        ("", "uk", "uk"),
        ("12345 !!! 🙂", None, "en"),
    ],
)
def test_language_is_the_hint_where_the_letters_bear_it_out(text, hint, language):
    assert detect(text, hint)[0] == language


def test_wrong_tag_is_told():
    assert detect("Рада ратифікувала угоду про надра", "en")[1] == ("tagged 'en', read as 'uk'",)


def test_right_tag_and_no_tag_are_no_problem():
    assert detect("Рада ратифікувала угоду", "uk")[1] == ()
    assert detect("Рада ратифікувала угоду", None)[1] == ()


@pytest.mark.parametrize(
    ("language", "known", "forms"),
    [
        ("en", ["agreement"], ["agreements", "Agreement", "AGREEMENTS"]),
        ("uk", ["угода"], ["угода", "угоду", "угоди", "угод", "Угодою"]),
        ("ru", ["соглашение"], ["соглашения", "соглашению", "Соглашений"]),
        ("kk", ["меморандум"], ["меморандумы", "меморандумын", "Меморандумға"]),
        ("uz", ["kelishuv"], ["kelishuvi", "kelishuvni", "Kelishuvlar"]),
        ("fr", ["accord"], ["accords", "Accord"]),
        ("es", ["acuerdo"], ["acuerdos", "Acuerdo"]),
        ("de", ["abkommen"], ["Abkommens", "Abkommen"]),
    ],
)
def test_forms_of_a_word_have_one_normal_form(language, known, forms):
    normalise = build_normaliser(language, known)
    assert {normalise(form) for form in forms} == {normalise(known[0])}
