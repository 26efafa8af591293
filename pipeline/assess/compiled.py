"""The rules made ready for one language: expressions to look up, patterns parsed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.assess.patterns import Pattern, PatternError, alternatives, classes, literals, parse
from pipeline.errors import ConfigError
from schemas.assessment import MoneyStatus, Stage
from schemas.rules import Forms, Implied, PatternConfig, Rules, SignificanceRule, Where

STATE_KINDS = ("name", "adjective", "capital", "leader")
READ_CLASSES = frozenset(
    {"state", "mineral", "mineral_subject", "body", "state_body", "private_body", "money"}
    | {"money_large", "agreement_named", "state_noise", "mineral_noise", "group", "state_pair"}
    | {"actor", "actor_pair", "agreement_known"}
)
"""Classes that the reading itself fills, beside those of words.yaml."""


@dataclass(frozen=True, slots=True)
class Weighted:
    """A parsed PatternConfig."""

    id: str
    weight: float
    where: Where
    patterns: tuple[Pattern, ...]
    unless: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class CompiledTheme:
    """A theme's patterns in one language."""

    id: str
    threshold: float
    patterns: tuple[Weighted, ...]
    implied_by: Implied


@dataclass(frozen=True, slots=True)
class CompiledStage:
    """A stage's patterns in one language."""

    stage: Stage
    order: int
    patterns: tuple[Weighted, ...]


@dataclass(frozen=True, slots=True)
class CompiledSignificance:
    """A significance rule with its patterns parsed."""

    rule: SignificanceRule
    patterns: tuple[Pattern, ...]
    unless: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Compiled:
    """Everything that the components of one language's pipeline need."""

    language: str
    rules: Rules
    expressions: dict[str, tuple[str, ...]]
    """Key of a class or literal → its wordings; a wording that starts with ``=`` is exact."""
    themes: tuple[CompiledTheme, ...]
    relevance: tuple[Weighted, ...]
    shields: tuple[Weighted, ...]
    stages: tuple[CompiledStage, ...]
    contexts: tuple[Weighted, ...]
    significance: tuple[CompiledSignificance, ...]
    money: tuple[tuple[MoneyStatus, tuple[Weighted, ...]], ...]
    """What may be said of a sum, the strongest last."""

    @property
    def words(self) -> set[str]:
        """All words of all expressions."""
        return {
            word.lstrip("=")
            for wordings in self.expressions.values()
            for wording in wordings
            for word in wording.replace("-", " ").split()
        }


def compile_rules(rules: Rules, language: str) -> Compiled:
    """Parse the patterns that hold for ``language``, and gather every expression to be found.

    Raises:
        ConfigError: a pattern cannot be read, or names a class that does not exist.
    """
    lexicon = rules.lexicon
    maker = Maker(rules, language)
    return Compiled(
        language=language,
        rules=rules,
        themes=tuple(
            CompiledTheme(
                id=theme.id,
                threshold=theme.threshold,
                patterns=maker.weighted(theme.patterns, f"themes/{theme.id}.yaml"),
                implied_by=theme.implied_by,
            )
            for theme in rules.themes
        ),
        relevance=maker.weighted(lexicon.relevance.patterns, "lexicon/relevance.yaml"),
        shields=maker.weighted(lexicon.stages.shields, "lexicon/stages.yaml"),
        stages=tuple(
            CompiledStage(s.stage, s.order, maker.weighted(s.patterns, "lexicon/stages.yaml"))
            for s in lexicon.stages.stages
        ),
        contexts=maker.weighted(lexicon.parties.contexts, "lexicon/parties.yaml"),
        money=(
            (
                MoneyStatus.COMMITTED,
                maker.weighted(lexicon.money.committed, "lexicon/money.yaml"),
            ),
            (MoneyStatus.PAID, maker.weighted(lexicon.money.paid, "lexicon/money.yaml")),
        ),
        significance=tuple(
            CompiledSignificance(
                rule,
                maker.parsed(rule.match, "lexicon/significance.yaml"),
                maker.parsed(rule.unless, "lexicon/significance.yaml"),
            )
            for rule in lexicon.significance.rules
        ),
        expressions=maker.finished(),
    )


class Maker:
    """Parses patterns and remembers the expressions that they need."""

    def __init__(self, rules: Rules, language: str) -> None:
        self._language = language
        self._expressions: dict[str, list[str]] = defaultdict(list)
        for key, forms in _named_forms(rules):
            self._expressions[key].extend(self._forms(forms))
        self._known = {key for key, _ in _named_forms(rules)} | READ_CLASSES

    def _forms(self, forms: Forms) -> tuple[str, ...]:
        return (*forms.get(self._language, ()), *forms.get("all", ()))

    def weighted(self, configs: Iterable[PatternConfig], file: str) -> tuple[Weighted, ...]:
        """The patterns of a list with a wording in the language; errors name ``file``."""
        made = []
        for config in configs:
            patterns = self.parsed(config.match, f"{file}: {config.id}")
            unless = self.parsed(config.unless, f"{file}: {config.id}")
            if patterns:
                made.append(Weighted(config.id, config.weight, config.where, patterns, unless))
        return tuple(made)

    def parsed(self, forms: Forms, where: str) -> tuple[Pattern, ...]:
        """The wordings that hold for the language; ``where`` is named in errors."""
        return tuple(self._parse(source, where) for source in self._forms(forms))

    def _parse(self, source: str, where: str) -> Pattern:
        try:
            pattern = parse(source)
        except PatternError as error:
            raise ConfigError(
                f"config/{where}: {error}", mend="see the notation in the file's head"
            ) from error
        for name in classes(pattern):
            if name not in self._known:
                raise ConfigError(
                    f"config/{where}: {source!r}: there is no class @{name}",
                    mend="add it to lexicon/words.yaml, or mend its name",
                )
        for key in literals(pattern):
            self._expressions[key] = [key[1:]]
        return pattern

    def finished(self) -> dict[str, tuple[str, ...]]:
        """Every expression that was asked for, with its wordings."""
        return {key: tuple(dict.fromkeys(forms)) for key, forms in self._expressions.items()}


def _named_forms(rules: Rules) -> Iterator[tuple[str, Forms]]:
    """Every class that is written in the YAML, with its forms."""
    lexicon = rules.lexicon
    yield from lexicon.words.words.items()
    yield "state_noise", lexicon.states.noise
    yield "mineral_noise", lexicon.minerals.noise
    for state in lexicon.states.states:
        for kind in STATE_KINDS:
            yield f"state.{state.code}.{kind}", getattr(state, kind)
        yield f"state:{state.code}", {}
    for group in lexicon.states.groups:
        yield f"group:{group.id}", group.forms
    for mineral in lexicon.minerals.minerals:
        yield f"mineral:{mineral.id.replace(' ', '_')}", mineral.forms
    for body in lexicon.bodies.bodies:
        yield f"body:{body.id}", body.forms
    for agreement in rules.agreements:
        aliases = tuple(form for alias in agreement.aliases for form in alternatives(alias))
        yield f"agreement:{agreement.id}", {"all": aliases}
