"""How sentences speak of a step, by the packaged words."""

import pytest

from pipeline.ledger.certainty import certainty_of
from pipeline.ledger.words import Words
from pipeline.settings import PACKAGE_CONFIG
from pipeline.yaml_files import read_yaml
from schemas.ledger import Certainty
from schemas.ledger_config import LedgerFile

WORDS = Words(read_yaml(PACKAGE_CONFIG / "ledger.yaml", LedgerFile))


@pytest.mark.parametrize(
    ("sentence", "step", "certainty"),
    [
        ("Japan and Kazakhstan signed a memorandum.", "signed", "done"),
        ("The ministers signed the pact, which will bring investment.", "signed", "done"),
        ("Kyiv did not say who drafted it before it was signed.", "signed", "done"),
        ("The pact is expected to be signed in May.", "signed", "planned"),
        ("Parliament will soon ratify the deal.", "ratify", "planned"),
        ("The deal was not signed.", "signed", "denied"),
        ("The ministry denied that the deal was signed.", "signed", "denied"),
        ("Reports that the deal was signed are false, the ministry says.", "signed", "denied"),
        ("The deal has reportedly been signed.", "signed", "doubtful"),
        ("Угоду підписали у Києві.", "підписали", "done"),
        ("Угоду буде підписано у травні.", "підписано", "planned"),
        ("Міністерство спростувало, що угоду підписано.", "підписано", "denied"),
        ("Угоду нібито підписали.", "підписали", "doubtful"),
        ("Соглашение не подписано.", "подписано", "denied"),
        ("Меморандум будет подписан в мае.", "подписан", "planned"),
        ("Меморандум якобы подписан.", "подписан", "doubtful"),
        ("El acuerdo no se firmó.", "firmó", "denied"),
        ("Das Abkommen soll unterzeichnet werden.", "unterzeichnet", "planned"),
        ("A headline without the step", "signed", "done"),
    ],
)
def test_the_words_around_a_step(sentence, step, certainty):
    assert certainty_of(sentence, step, WORDS) is Certainty(certainty)


@pytest.mark.parametrize(
    ("text", "instrument"),
    [
        ("The MoU is an agreement on partnership", "memorandum"),
        ("A deal was struck", "agreement"),
        ("Сторони підписали меморандум", "memorandum"),
        ("Подписано соглашение", "agreement"),
        ("стратегічне партнерство", "partnership"),
        ("Der Rohstoffpartnerschaft", "partnership"),
        ("They dealt with ideals", None),
    ],
)
def test_what_an_agreement_is_called(text, instrument):
    assert WORDS.instrument(text) == instrument


@pytest.mark.parametrize(
    ("minerals", "subject"),
    [
        ((), "minerals"),
        (("lithium",), "lithium"),
        (("rare earths",), "minerals"),
        (("lithium", "copper"), "minerals"),
    ],
)
def test_what_it_is_about(minerals, subject):
    assert WORDS.subject(minerals) == subject
