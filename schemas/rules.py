"""Shapes of the YAML that judgement is made of: themes, word lists, stages, significance.

A *form* is an expression in one language, written in any inflection: it is matched by lemma.
``=Word`` asks for exactly these letters (and case, where a capital is written). A *pattern* joins
forms and classes of words (see pipeline.assess.patterns for the notation).
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from schemas.assessment import Stage
from schemas.config import AgreementConfig, Party, Slug, Strict

Forms = dict[Annotated[str, Field(pattern=r"^(all|[a-z]{2})$")], tuple[str, ...]]
"""Expressions by language (ISO 639-1); ``all`` holds for every language."""

ClassName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Weight = Annotated[float, Field(ge=-10, le=10)]
Where = Literal["any", "title", "summary"]


class Example(Strict):
    """A text and what must be read in it; it runs as a test."""

    text: str
    """``title`` or ``title || summary``."""
    lang: str = "en"
    expect: str = ""
    """A theme id, a stage …; what it means is the file's matter. Empty: the file's own id."""


class PatternConfig(Strict):
    """A pattern with its weight. ``match`` gives its wordings by language."""

    id: Slug
    weight: Weight = 1.0
    match: Forms
    where: Where = "any"
    unless: Forms = {}
    """Patterns that cancel it when they match in the same sentence."""


class Implied(Strict):
    """A theme that follows from what else was read: any one of these is enough."""

    minerals: tuple[str, ...] = ()
    parties: tuple[Party, ...] = ()
    bodies: tuple[str, ...] = ()
    themes: tuple[Slug, ...] = ()


class PolarityConfig(Strict):
    """What counts for and against the claim of a theme, beside the general words and the stage."""

    supports: tuple[PatternConfig, ...] = ()
    contradicts: tuple[PatternConfig, ...] = ()
    general: float = Field(default=1.0, ge=0, le=1)
    """What share of its weight a general word of lexicon/polarity.yaml has here."""
    stage: float = Field(default=1.0, ge=0, le=1)
    """What share of its weight the agreement's stage has here."""
    examples: tuple[Example, ...] = ()
    """``expect`` is ``for``, ``against`` or ``neutral``; they run as tests."""


class ThemeConfig(Strict):
    """One theme of the thesis: what it claims, and by which words it is recognised."""

    id: Slug
    title: str
    claim: str = Field(min_length=10)
    """One sentence: what the thesis says."""
    threshold: float = Field(default=0.5, gt=0, lt=1)
    patterns: tuple[PatternConfig, ...] = ()
    implied_by: Implied = Implied()
    polarity: PolarityConfig | None = None
    """None: every item that speaks of the theme is neutral to its claim."""
    examples: tuple[Example, ...] = ()
    counter_examples: tuple[Example, ...] = ()


class StateConfig(Strict):
    """A state, and all that stands for it in the news."""

    code: Party
    name: Forms
    adjective: Forms = {}
    capital: Forms = {}
    leader: Forms = {}
    """Heads of state and ministers, ministries, parliaments: whoever acts for it."""


class StateGroup(Strict):
    """A name for several states (``C5``)."""

    id: Slug
    forms: Forms
    members: tuple[Party, ...] = Field(min_length=1)


class StatesFile(Strict):
    """states.yaml: states and groups of states; ``noise`` are names that only look like one."""

    states: tuple[StateConfig, ...]
    groups: tuple[StateGroup, ...] = ()
    noise: Forms = {}


class MineralConfig(Strict):
    """A mineral. ``subject`` false: too common a word to make an item a minerals item alone."""

    id: str
    forms: Forms
    subject: bool = True


class MineralsFile(Strict):
    """minerals.yaml: minerals; ``noise`` are expressions in which the word means another thing.

    Under another thesis they are whatever its agreements are about; ``title`` is what alerts call
    them.
    """

    title: str = Field(default="Minerals", min_length=1, max_length=40)
    minerals: tuple[MineralConfig, ...]
    noise: Forms = {}


class BodyConfig(Strict):
    """A state company, agency, bank or ministry; ``state`` is the party it counts as."""

    id: str = Field(pattern=r"^[A-Z][A-Z0-9_]*$")
    name: str
    kind: Literal["company", "agency", "bank", "fund", "ministry", "programme", "private"]
    state: Party | None = None
    forms: Forms


class BodiesFile(Strict):
    """bodies.yaml: the institutions of minerals agreements."""

    bodies: tuple[BodyConfig, ...]


class WordsFile(Strict):
    """words.yaml: classes of words that patterns name as ``@class``.

    With ``extends`` a class of the user's file takes the place of the packaged one of that name,
    and all other packaged classes stay.
    """

    extends: bool = False
    words: dict[ClassName, Forms]


class CurrencyConfig(Strict):
    """How a currency is written, and what a unit of it is in US dollars (roughly)."""

    code: str = Field(pattern=r"^[A-Z]{3}$")
    marks: tuple[str, ...]
    usd: float = Field(gt=0)


class MoneyFile(Strict):
    """money.yaml: currencies and the words for powers of ten."""

    currencies: tuple[CurrencyConfig, ...]
    multipliers: dict[str, tuple[str, ...]]
    """Power of ten, as ``1e6``, to the words for it."""
    large_usd: float = 100_000_000
    """From here on a sum is ``@money_large``."""
    committed: tuple[PatternConfig, ...] = ()
    """Patterns over ``@money`` that say that a sum is bound by a step that was taken."""
    paid: tuple[PatternConfig, ...] = ()
    """The same for one that was handed over. Of a sum with neither, it is announced."""


class Lacking(Strict):
    """A weight that is added where none of the classes occurs in the text."""

    id: Slug
    weight: Weight
    classes: tuple[ClassName, ...] = Field(min_length=1)


class RelevanceFile(Strict):
    """relevance.yaml: the gate, and a weighted sum squeezed into 0–1."""

    gate: tuple[tuple[ClassName, ...], ...]
    """An article is read fully where, in each group, one of the classes occurs."""
    bias: float
    threshold: float = Field(default=0.5, gt=0, lt=1)
    patterns: tuple[PatternConfig, ...]
    lacking: tuple[Lacking, ...] = ()
    examples: tuple[Example, ...] = ()
    counter_examples: tuple[Example, ...] = ()


class StageConfig(Strict):
    """The patterns of one stage. ``order``: of several stages read, the highest is given."""

    stage: Stage
    order: int
    patterns: tuple[PatternConfig, ...]


class StagesFile(Strict):
    """stages.yaml. A match inside the span of a ``shields`` pattern does not count."""

    threshold: float = Field(default=0.5, gt=0, lt=1)
    summary_factor: float = Field(default=0.8, gt=0, le=1)
    """What a match in the summary is worth beside one in the title."""
    firm_order: int = 40
    """Where the title tells a stage from this order on, the summary's own tellings weigh less."""
    summary_factor_beside_title: float = Field(default=0.6, gt=0, le=1)
    shields: tuple[PatternConfig, ...] = ()
    stages: tuple[StageConfig, ...]
    examples: tuple[Example, ...] = ()


class PartiesFile(Strict):
    """parties.yaml: which of the states named are party to it."""

    threshold: float = Field(default=0.5, gt=0, lt=1)
    name: float
    adjective: float
    capital: float
    leader: float
    body: float
    title_bonus: float
    bystander: float = 0.0
    """What a state named in the summary alone needs more, where the title names two parties."""
    contexts: tuple[PatternConfig, ...]
    """Patterns over ``@state``; their weight is added to each state that the match covers."""
    examples: tuple[Example, ...] = ()


class SignificanceRule(Strict):
    """``level`` holds where all of it is met; the first rule met is given."""

    level: int = Field(ge=1, le=3)
    reason: str
    stages: tuple[Stage, ...] = ()
    min_parties: int = 0
    min_money_usd: float = 0
    match: Forms = {}
    unless: Forms = {}
    where: Where = "any"


class SignificanceFile(Strict):
    """significance.yaml: rules in order; ``default`` where none is met."""

    rules: tuple[SignificanceRule, ...]
    default: int = Field(default=1, ge=1, le=3)
    default_reason: str = "a mention or a comment"


class PolarityFile(Strict):
    """polarity.yaml: what speaks for and against any agreement, and how it is weighed.

    All that is found on one side are independent witnesses; the side whose witnesses together
    outweigh the other's by ``threshold`` is given.
    """

    threshold: float = Field(gt=0, lt=1)
    summary_factor: float = Field(gt=0, le=1)
    """What a match outside the title is worth beside one in it."""
    plan_factor: float = Field(ge=0, le=1)
    """What a match is worth that is only planned, wished, feared or asked for."""
    reach: int = Field(ge=1, le=12)
    """How many words before a match a word of negation, plan or relief may stand."""
    plans: Forms = {}
    """Expressions that make what follows a plan, a condition or a wish."""
    reliefs: Forms = {}
    """Expressions that turn what contradicts into what supports: ``lifts`` (a ban)."""
    voids: tuple[PatternConfig, ...] = ()
    """Patterns inside whose span no word counts for either side."""
    stages: dict[Stage, float] = {}
    """Weight of each stage: above 0 it speaks for a claim, below against it."""
    stage_beside_words: float = Field(default=0.5, ge=0, le=1)
    """What a stage is worth where words speak for the other side."""
    supports: tuple[PatternConfig, ...] = ()
    contradicts: tuple[PatternConfig, ...] = ()


class Lexicon(Strict):
    """All of config/lexicon."""

    states: StatesFile
    minerals: MineralsFile
    bodies: BodiesFile
    words: WordsFile
    money: MoneyFile
    relevance: RelevanceFile
    stages: StagesFile
    parties: PartiesFile
    significance: SignificanceFile
    polarity: PolarityFile


class Rules(Strict):
    """Everything that a reading is made with."""

    themes: tuple[ThemeConfig, ...]
    lexicon: Lexicon
    agreements: tuple[AgreementConfig, ...] = ()

    @model_validator(mode="after")
    def _ids_once(self) -> "Rules":
        for what, ids in (
            ("theme", [theme.id for theme in self.themes]),
            ("agreement", [agreement.id for agreement in self.agreements]),
        ):
            twice = sorted({name for name in ids if ids.count(name) > 1})
            if twice:
                raise ValueError(f"the {what} {twice[0]!r} is given twice")
        return self
