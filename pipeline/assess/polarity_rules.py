"""What counts for and against each claim, made ready for one language."""

from dataclasses import dataclass

from pipeline.assess.compiled import Maker, Weighted
from pipeline.assess.patterns import Pattern
from schemas.rules import Forms, Rules


@dataclass(frozen=True, slots=True)
class CompiledSides:
    """The patterns of a theme, or the general ones."""

    supports: tuple[Weighted, ...]
    contradicts: tuple[Weighted, ...]
    general: float = 1.0
    stage: float = 1.0


@dataclass(frozen=True, slots=True)
class CompiledPolarity:
    """All that is needed to judge polarity in one language."""

    themes: dict[str, CompiledSides]
    """By theme id; a theme without rules of polarity is not there."""
    general: CompiledSides
    negations: tuple[Pattern, ...]
    plans: tuple[Pattern, ...]
    reliefs: tuple[Pattern, ...]
    voids: tuple[Weighted, ...]
    expressions: dict[str, tuple[str, ...]]
    """What is spelt out in these patterns, as ``Compiled.expressions`` has it."""


def compile_polarity(rules: Rules, language: str) -> CompiledPolarity:
    """Parse the patterns of polarity that hold for ``language``.

    They are kept apart from ``Compiled``: the learned weights were made with the words of that, and
    most texts are read without these.

    Raises:
        ConfigError: a pattern cannot be read, or names a class that does not exist.
    """
    config, maker = rules.lexicon.polarity, Maker(rules, language)
    themes = {
        theme.id: CompiledSides(
            maker.weighted(theme.polarity.supports, f"themes/{theme.id}.yaml: supports"),
            maker.weighted(theme.polarity.contradicts, f"themes/{theme.id}.yaml: contradicts"),
            theme.polarity.general,
            theme.polarity.stage,
        )
        for theme in rules.themes
        if theme.polarity is not None
    }
    file = "lexicon/polarity.yaml"
    if not themes:
        nothing = CompiledSides((), ())
        return CompiledPolarity({}, nothing, (), (), (), (), {})

    def forms(given: Forms) -> tuple[Pattern, ...]:
        return maker.parsed(given, file)

    compiled = CompiledPolarity(
        themes=themes,
        general=CompiledSides(
            maker.weighted(config.supports, file), maker.weighted(config.contradicts, file)
        ),
        negations=forms({"all": ("@negation",)}),
        plans=forms(config.plans),
        reliefs=forms(config.reliefs),
        voids=maker.weighted(config.voids, file),
        expressions={},
    )
    spelt = {key: ways for key, ways in maker.finished().items() if key.startswith("~")}
    compiled.expressions.update(spelt)
    return compiled
