"""What is taken for the text of an article, and what is not."""

import pytest

from pipeline.collect.refuse import accepted, same_text
from pipeline.collect.wordings import WORDINGS
from schemas.page import Extracted, KnownText, PageText, Refusal, Refused
from tests.article_pages import CONSENT, LOGIN, PARAGRAPHS, TEASER, TITLE

OTHER_TITLE = "Cotton harvest in Uzbekistan falls by a tenth this year"


def judged(*lines, title=TITLE, signs=(), known=()):
    page = PageText("https://a.example/1", Extracted("\n".join(lines), frozenset(signs)))
    return accepted(page, title=title, known=known)


def kind(*lines, **more):
    result = judged(*lines, **more)[0]
    assert isinstance(result, Refused), result
    return result.kind


def test_an_article_is_taken_as_it_is():
    assert judged(TITLE, *PARAGRAPHS) == ("\n".join((TITLE, *PARAGRAPHS)), ())


def test_a_line_on_cookies_within_an_article_is_left_out():
    text, _ = judged("We use cookies to improve this site.", *PARAGRAPHS)
    assert text == "\n".join(PARAGRAPHS)


@pytest.mark.parametrize("lines", [CONSENT, CONSENT[1:3], (*CONSENT, PARAGRAPHS[3])])
def test_a_consent_wall_is_refused(lines):
    assert kind(*lines) is Refusal.CONSENT


@pytest.mark.parametrize(
    "words",
    [
        "Мы используем файлы cookie, чтобы сайт работал лучше. Продолжая, вы соглашаетесь с этим.",
        "Ми використовуємо файли cookie, щоб сайт працював краще. Продовжуючи, ви погоджуєтесь.",
        "Wir verwenden Cookies und ähnliche Techniken, um Ihnen diese Seite zeigen zu können.",
        "Nous utilisons des cookies pour améliorer votre expérience et mesurer l’audience du site.",
        "Utilizamos cookies propias y de terceros para mejorar la navegación por este sitio.",
    ],
)
def test_consent_is_known_in_several_languages(words):
    filler = "Подробнее об этом / more on this / mehr dazu / plus à ce sujet / más sobre esto. "
    assert kind(words, words + " ", filler * 2) is Refusal.CONSENT


def test_a_teaser_is_refused_by_its_words_or_by_the_page():
    assert kind(*TEASER) is Refusal.PAYWALL
    assert kind(*PARAGRAPHS, signs=[Refusal.PAYWALL]) is Refusal.PAYWALL


def test_a_whole_article_of_a_paper_with_subscribers_is_taken():
    longer = [f"{line} {n}" for n in range(4) for line in PARAGRAPHS]
    assert isinstance(judged(*longer, signs=[Refusal.PAYWALL])[0], str)


def test_a_login_page_and_a_guard_against_robots_are_refused():
    assert kind(*LOGIN) is Refusal.LOGIN
    guard = "Verify you are human by completing the action below. Your browser is checked first."
    assert kind(guard, "Ray ID: 8a1f") is Refusal.LOGIN


def test_too_little_and_nothing_are_refused():
    assert kind(TITLE, "Exploration is to begin next year.") is Refusal.TOO_SHORT
    assert kind("") is Refusal.NO_TEXT
    assert kind("", signs=[Refusal.CONSENT]) is Refusal.CONSENT


def test_the_text_of_another_article_is_refused():
    assert kind(TITLE, *PARAGRAPHS, title=OTHER_TITLE) is Refusal.OFF_TOPIC
    headed = (OTHER_TITLE, *PARAGRAPHS)
    assert kind(*headed, title=OTHER_TITLE) is Refusal.OFF_TOPIC, "a headline proves nothing"


def test_titles_without_words_to_compare_are_let_be():
    assert isinstance(judged(*PARAGRAPHS, title="中哈签署稀土合作备忘录")[0], str)
    assert isinstance(judged(*PARAGRAPHS, title="In brief")[0], str)


def about(subject):
    """The same page for whatever article: only a name is another."""
    return (
        f"The page on {subject} is not shown in your country. Our lawyers have asked us to keep"
        " readers of some regions from parts of this site until a court has decided on it."
        " Please come back in the coming weeks, or write to the address at the foot of the page."
    )


def test_much_the_same_text_on_two_pages_is_refused_and_the_first_is_taken_back():
    known = KnownText(5, OTHER_TITLE, about("cotton harvest Uzbekistan"))
    result, doubled = judged(about("Kazakhstan Japan memorandum rare earths"), known=[known])
    assert isinstance(result, Refused)
    assert result.kind is Refusal.BOILERPLATE
    assert doubled == (5,)


def test_an_article_that_moved_is_not_boilerplate():
    known = KnownText(5, TITLE + " - updated", "\n".join(PARAGRAPHS))
    assert isinstance(judged(*PARAGRAPHS, known=[known])[0], str)


def test_paragraphs_that_other_pages_have_are_left_out():
    about_us = "The Daily is a newspaper for Central Asia; it appears in print and on the web."
    harvest = "The harvest of cotton was poor, farmers say: there was too little water this year."
    other = KnownText(5, OTHER_TITLE, f"{harvest}\n{harvest[::-1]}\n{about_us}")
    text, doubled = judged(*PARAGRAPHS, about_us, known=[other])
    assert text == "\n".join(PARAGRAPHS)
    assert doubled == ()


def test_a_text_of_nothing_but_what_other_pages_have_is_taken_back_when_that_is_seen():
    about_us = "The Daily is a newspaper for Central Asia; it appears in print and on the web."
    other = KnownText(5, OTHER_TITLE, f"The harvest was poor.\n{about_us}")
    assert judged(*PARAGRAPHS, about_us, known=[other]) == ("\n".join(PARAGRAPHS), (5,))


def test_two_reports_of_one_event_are_not_the_same_text():
    other = (
        "Tokyo and Astana agreed on Monday to look for rare earths together. The memorandum was"
        " signed by the ministers of industry, the two governments said after talks in Astana."
    )
    assert not same_text("\n".join(PARAGRAPHS), other)
    assert not same_text("", "")


def test_wordings_are_lower_case_so_that_they_can_be_found():
    for words in WORDINGS.values():
        assert all(wording == wording.lower().strip() for wording in words)
        assert len(set(words)) == len(words)
