"""Loading and cross-checking what a user can edit: themes, agreements, feeds, routes, digest."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from pipeline.errors import ConfigError
from pipeline.settings import PACKAGE_CONFIG, Settings
from pipeline.yaml_files import read_yaml
from schemas.alert import Channel
from schemas.config import (
    AgreementConfig,
    AgreementsFile,
    DigestConfig,
    FeedConfig,
    FeedsFile,
)
from schemas.ledger_config import LedgerFile, RatesFile
from schemas.retention import RetentionFile
from schemas.routes import OperatorTo, RouteConfig, RoutesFile
from schemas.rules import (
    BodiesFile,
    Lexicon,
    MineralsFile,
    MoneyFile,
    PartiesFile,
    PolarityFile,
    RelevanceFile,
    Rules,
    SignificanceFile,
    StagesFile,
    StatesFile,
    ThemeConfig,
    WordsFile,
)

Part = TypeVar("Part")

_OPML_SUFFIXES = frozenset({".opml", ".xml"})


@dataclass(frozen=True, slots=True)
class Catalog:
    """The configuration in force, cross-checked."""

    rules: Rules
    feeds: tuple[FeedConfig, ...]
    agreements: tuple[AgreementConfig, ...]
    routing: RoutesFile
    digest: DigestConfig
    ledger: LedgerFile
    rates: RatesFile
    retention: RetentionFile

    @property
    def routes(self) -> tuple[RouteConfig, ...]:
        """The rules by which stories are alerted, in order."""
        return self.routing.routes

    @property
    def operators(self) -> tuple[OperatorTo, ...]:
        """Who is told how the watch fares."""
        return self.routing.operators

    @property
    def theme_titles(self) -> dict[str, str]:
        """Theme id → title, in the order of the thesis."""
        return {theme.id: theme.title for theme in self.rules.themes}


def load_catalog(settings: Settings) -> Catalog:
    """Read every file and check that what they say of each other is true.

    Raises:
        ConfigError: a file cannot be read or is wrong; the message names every such file, and the
            mend.
    """
    faults: list[ConfigError] = []
    rules = _tried(load_rules, settings, faults)
    routes_path = settings.config_file("routes.yaml")
    routing = _tried(lambda _: read_yaml(routes_path, RoutesFile), settings, faults)
    feeds = _tried(load_feeds, settings, faults)
    digest_path = settings.config_file("digest.yaml")
    digest = _tried(lambda _: read_yaml(digest_path, DigestConfig), settings, faults)
    ledger = _tried(lambda s: read_yaml(s.config_file("ledger.yaml"), LedgerFile), settings, faults)
    rates = _tried(lambda s: read_yaml(s.config_file("rates.yaml"), RatesFile), settings, faults)
    kept_path = settings.config_file("retention.yaml")
    kept = _tried(lambda _: read_yaml(kept_path, RetentionFile), settings, faults)
    if (
        rules is None
        or routing is None
        or feeds is None
        or digest is None
        or ledger is None
        or rates is None
        or kept is None
    ):
        raise ConfigError(
            "\n".join(fault.message for fault in faults),
            mend="; ".join(dict.fromkeys(fault.mend for fault in faults)),
        )
    check_routes(routing, rules, routes_path)
    check_digest(digest, rules, digest_path)
    return Catalog(rules, feeds, rules.agreements, routing, digest, ledger, rates, kept)


def stand_in(settings: Settings) -> Catalog:
    """Return the packaged configuration, with the user's routes.yaml where that can be read.

    It is for telling that the user's is broken, and where: no news is judged by it.
    """
    plain = settings.model_copy(update={"config_dir": None, "feeds_file": None})
    packaged = load_catalog(plain)
    try:
        routing = read_yaml(settings.config_file("routes.yaml"), RoutesFile)
    except ConfigError:
        return packaged
    return replace(packaged, routing=routing)


def _tried(
    read: Callable[[Settings], Part], settings: Settings, faults: list[ConfigError]
) -> Part | None:
    """Read a part; where that fails note why and go on, so that all faults are told at once."""
    try:
        return read(settings)
    except ConfigError as fault:
        faults.append(fault)
        return None


def load_rules(settings: Settings) -> Rules:
    """Read what judgement is made of: themes, lexicon, agreements.

    Raises:
        ConfigError: as ``load_catalog``.
    """
    themes = _themes(settings.config_file("themes"))
    agreements_path = settings.config_file("agreements.yaml")
    agreements = read_yaml(agreements_path, AgreementsFile).agreements
    _once((agreement.id for agreement in agreements), "agreement", agreements_path)
    lexicon = _lexicon(settings)
    try:
        rules = Rules(themes=themes, lexicon=lexicon, agreements=agreements)
    except ValidationError as error:
        raise ConfigError(str(error), mend="mend the file that is named") from error
    _check_names(rules, settings)
    return rules


def load_feeds(settings: Settings) -> tuple[FeedConfig, ...]:
    """Read the feeds: MINERALWATCH_FEEDS_FILE (YAML or OPML) where set, else feeds.yaml.

    Raises:
        ConfigError: the file cannot be read, or names one address twice.
    """
    path = settings.feeds_file or settings.config_file("feeds.yaml")
    if path.suffix.lower() in _OPML_SUFFIXES:
        from pipeline.opml import read_opml  # noqa: PLC0415 - an XML parser, seldom needed

        feeds: tuple[FeedConfig, ...] = read_opml(path)
    else:
        feeds = read_yaml(path, FeedsFile).feeds
    _once((feed.url for feed in feeds), "feed", path)
    return feeds


def _themes(folder: Path) -> tuple[ThemeConfig, ...]:
    paths = sorted(folder.glob("*.yaml")) if folder.is_dir() else []
    if not paths:
        raise ConfigError(
            f"{folder}: no themes there",
            mend="put a YAML file for each theme in it, or remove the folder",
        )
    themes = []
    for path in paths:
        theme = read_yaml(path, ThemeConfig)
        if theme.id != path.stem:
            raise ConfigError(
                f"{path}: the theme's id is {theme.id!r}",
                mend=f"name the file {theme.id}.yaml, or set id: {path.stem}",
            )
        themes.append(theme)
    return tuple(themes)


def _lexicon(settings: Settings) -> Lexicon:
    def path(name: str) -> Path:
        return settings.config_file(f"lexicon/{name}.yaml")

    lexicon = Lexicon(
        states=read_yaml(path("states"), StatesFile),
        minerals=read_yaml(path("minerals"), MineralsFile),
        bodies=read_yaml(path("bodies"), BodiesFile),
        words=_words(path("words")),
        money=read_yaml(path("money"), MoneyFile),
        relevance=read_yaml(path("relevance"), RelevanceFile),
        stages=read_yaml(path("stages"), StagesFile),
        parties=read_yaml(path("parties"), PartiesFile),
        significance=read_yaml(path("significance"), SignificanceFile),
        polarity=read_yaml(path("polarity"), PolarityFile),
    )
    _once((state.code for state in lexicon.states.states), "state", path("states"))
    _once((mineral.id for mineral in lexicon.minerals.minerals), "mineral", path("minerals"))
    _once((body.id for body in lexicon.bodies.bodies), "body", path("bodies"))
    return lexicon


def _words(path: Path) -> WordsFile:
    """The classes of words; those of a file that extends stand beside the packaged ones."""
    own = read_yaml(path, WordsFile)
    if not own.extends:
        return own
    packaged = read_yaml(PACKAGE_CONFIG / "lexicon" / "words.yaml", WordsFile)
    return WordsFile(words={**packaged.words, **own.words})


def _once(names: Iterable[str], what: str, path: Path) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ConfigError(
                f"{path}: the {what} {name!r} is given twice", mend="keep one of the two"
            )
        seen.add(name)


def _check_names(rules: Rules, settings: Settings) -> None:
    """Codes, minerals, bodies and themes that one file takes from another must be there."""
    states = {state.code for state in rules.lexicon.states.states}
    minerals = {mineral.id for mineral in rules.lexicon.minerals.minerals}
    bodies = {body.id for body in rules.lexicon.bodies.bodies}
    themes = {theme.id for theme in rules.themes}
    groups_path = settings.config_file("lexicon/states.yaml")
    for group in rules.lexicon.states.groups:
        _known(group.members, states, "state", f"{groups_path}: groups.{group.id}")
    bodies_path = settings.config_file("lexicon/bodies.yaml")
    for body in rules.lexicon.bodies.bodies:
        if body.state:
            _known((body.state,), states, "state", f"{bodies_path}: {body.id}")
    for theme in rules.themes:
        where = f"{settings.config_file('themes') / theme.id}.yaml: implied_by"
        _known(theme.implied_by.minerals, minerals, "mineral", where)
        _known(theme.implied_by.parties, states, "state", where)
        _known(theme.implied_by.bodies, bodies, "body", where)
        _known(theme.implied_by.themes, themes, "theme", where)
    agreements_path = settings.config_file("agreements.yaml")
    for agreement in rules.agreements:
        where = f"{agreements_path}: {agreement.id}"
        _known(agreement.parties, states, "state", where)
        _known(agreement.minerals, minerals, "mineral", where)


def check_record(agreements: Iterable[AgreementConfig], path: Path) -> None:
    """Check that a fact, with its page, tells where each agreement stands, or that none is claimed.

    It is no part of loading: a page that is missing stops no watch.

    Raises:
        ConfigError: the agreements whose stage nothing backs.
    """
    bare = [
        f"{path}: {one.id}: no fact tells that it is {one.stage.value}"
        + (f" since {one.stage_date}" if one.stage_date else "")
        for one in agreements
        if not one.on_record and not one.unverified
    ]
    if bare:
        raise ConfigError(
            "\n".join(bare),
            mend="add under facts: the stage, its date and the page (source: https://…) that says "
            "so; or, where there is none, unverified: true",
        )


def check_routes(routing: RoutesFile, rules: Rules, path: Path) -> None:
    """Check that what a routes file names is there.

    Raises:
        ConfigError: a theme, agreement, state, mineral or webhook that nobody knows.
    """
    _once((route.name for route in routing.routes), "route", path)
    _once((webhook.name for webhook in routing.webhooks), "webhook", path)
    webhooks = {webhook.name for webhook in routing.webhooks}
    for route in routing.routes:
        where = f"{path}: route {route.name}"
        _known(route.when.themes, {theme.id for theme in rules.themes}, "theme", where)
        _known(route.when.agreements, {a.id for a in rules.agreements}, "agreement", where)
        _known(route.when.parties, {s.code for s in rules.lexicon.states.states}, "state", where)
        minerals = {mineral.id for mineral in rules.lexicon.minerals.minerals}
        _known(route.when.minerals, minerals, "mineral", where)
        called = (to.address for to in route.to if to.channel is Channel.WEBHOOK)
        _known(called, webhooks, "webhook", where)


def check_digest(digest: DigestConfig, rules: Rules, path: Path) -> None:
    """Check that the themes that lists ask for are there.

    Raises:
        ConfigError: a theme that nobody knows.
    """
    for one in digest.lists:
        _known(
            one.themes, {theme.id for theme in rules.themes}, "theme", f"{path}: list {one.name}"
        )


def _known(names: Iterable[str], known: set[str], what: str, where: str) -> None:
    for name in names:
        if name not in known:
            shown = ", ".join(sorted(known)[:12])
            raise ConfigError(
                f"{where}: there is no {what} {name!r}",
                mend=f"mend the name, or add the {what}; known: {shown} …",
            )
