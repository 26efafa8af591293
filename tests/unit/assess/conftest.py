"""One assessor for all tests of judgement: building it costs a second."""

import pytest

from pipeline.assess.assessor import Assessor, build_assessor
from pipeline.catalog import load_rules
from pipeline.settings import load_settings
from schemas.rules import Rules


@pytest.fixture(scope="session")
def rules() -> Rules:
    return load_rules(load_settings())


@pytest.fixture(scope="session")
def assessor(rules: Rules) -> Assessor:
    return build_assessor(rules)
