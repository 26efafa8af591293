"""Reading feeds as people keep them: an OPML file from a reader, or feeds.yaml."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.parsers import expat

from pydantic import ValidationError

from pipeline.errors import ConfigError
from pipeline.yaml_files import list_entries, read_yaml
from schemas.config import FeedConfig, FeedsFile
from schemas.kept_feed import FeedLine, FeedListing, RefusedLine

PREFIX = "mineralwatch:"
"""Of attributes that OPML has no word for; other readers pass over them (OPML 2.0, namespaces)."""
_IN_CATEGORY = ("region", "kind", "tier")
_BARE_AMPERSAND = re.compile(rb"&(?!(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos);)")
_MAX_BYTES = 20_000_000
_LANGUAGE = re.compile(r"^([a-z]{2,3})(?:[-_]|$)")
_BY_SUFFIX = {".opml": True, ".xml": True, ".yaml": False, ".yml": False}


def read_feeds(path: Path) -> tuple[FeedConfig, ...]:
    """Read a feeds file: OPML where its name or its first character says so, else YAML.

    Raises:
        ConfigError: the file cannot be read, or a feed in it is wrong; file, line and mend named.
    """
    return read_opml(path) if _is_opml(path) else read_yaml(path, FeedsFile).feeds


def list_feeds(path: Path) -> FeedListing:
    """Read a feeds file as far as it can be; what is wrong in it is told by line.

    Raises:
        ConfigError: the file cannot be read at all.
    """
    return list_opml(path) if _is_opml(path) else list_yaml(path)


def list_yaml(path: Path) -> FeedListing:
    """Read a feeds.yaml as far as it can be: each entry under ``feeds``, or why it is refused.

    Raises:
        ConfigError: the file cannot be read, is not YAML, or has no list of feeds.
    """
    feeds: list[FeedLine] = []
    refused: list[RefusedLine] = []
    for line, given in list_entries(path, "feeds"):
        try:
            feeds.append(FeedLine(line, FeedConfig.model_validate(given)))
        except ValidationError as error:
            named = given.get("name") or given.get("url") if isinstance(given, dict) else given
            fault = error.errors()[0]
            told = str(fault["msg"]).removeprefix("Value error, ")
            where = ".".join(map(str, fault["loc"]))
            reason = f"{where}: {told}" if where else told
            refused.append(RefusedLine(line, str(named)[:60], reason))
    return FeedListing(tuple(feeds), tuple(refused))


def _is_opml(path: Path) -> bool:
    by_name = _BY_SUFFIX.get(path.suffix.lower())
    if by_name is None:
        return _bytes(path).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    return by_name


def read_opml(path: Path) -> tuple[FeedConfig, ...]:
    """Read the outlines of ``path`` that have an xmlUrl, however deep, the first of each address.

    The name is ``title`` or ``text``, else the host; ``language`` is taken where it is a code; the
    region is what we wrote ourselves, else the names of the folders around the outline.

    Raises:
        ConfigError: the file cannot be read, is not OPML, declares a DTD, or has a wrong address.
    """
    reader = _Reader(path)
    reader.read(_bytes(path))
    if reader.faults:
        told = [f"{path}:{fault.line}: {fault.what}: {fault.reason}" for fault in reader.faults]
        raise ConfigError("\n".join(told), mend="mend the lines named; nothing was started")
    if not reader.feeds:
        raise _no_feed(path)
    first: dict[str, FeedConfig] = {}
    for line in reader.feeds:
        first.setdefault(line.config.url, line.config)
    return tuple(first.values())


def list_opml(path: Path) -> FeedListing:
    """Read ``path`` as far as it can be: every outline with an xmlUrl, or why it is refused.

    An ampersand that stands by itself, the commonest fault of exports, is mended and told.

    Raises:
        ConfigError: the file cannot be read at all, is not OPML, or declares a DTD.
    """
    data = _bytes(path)
    notes: tuple[str, ...] = ()
    reader = _Reader(path)
    try:
        reader.read(data)
    except ConfigError:
        mended = _BARE_AMPERSAND.sub(b"&amp;", data)
        if mended == data:
            raise
        reader = _Reader(path)
        reader.read(mended)
        notes = ("it has & where XML wants &amp;; read as meant",)
    if not reader.feeds and not reader.faults:
        raise _no_feed(path)
    return FeedListing(tuple(reader.feeds), tuple(reader.faults), notes)


def _no_feed(path: Path) -> ConfigError:
    return ConfigError(
        f"{path}: no feed in it", mend="an OPML feed is <outline xmlUrl='https://…' text='…'/>"
    )


class _Reader:
    """Collects outlines while expat goes through the file."""

    def __init__(self, path: Path) -> None:
        self.feeds: list[FeedLine] = []
        self.faults: list[RefusedLine] = []
        self._path = path
        self._root: str | None = None
        self._folders: list[str] = []
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.EntityDeclHandler = self._entity

    def read(self, data: bytes) -> None:
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            told = expat.ErrorString(error.code)
            raise ConfigError(
                f"{self._path}:{error.lineno}: not well-formed XML: {told}",
                mend="export the file from your reader again, or mend that line",
            ) from error
        except (LookupError, ValueError) as error:
            raise ConfigError(
                f"{self._path}: cannot be read: {error}", mend="save it as UTF-8"
            ) from error

    def _entity(self, name: str, *_rest: Any) -> None:
        raise ConfigError(
            f"{self._path}:{self._parser.CurrentLineNumber}: it declares the XML entity {name!r}",
            mend="take the DTD out; entities can make a small file fill the memory",
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._root is None:
            self._root = name.lower()
            if self._root != "opml":
                raise ConfigError(
                    f"{self._path}: not OPML: its root element is <{name}>",
                    mend="give an OPML export, or a feeds.yaml",
                )
        if name.lower() != "outline":
            return
        given = {key.lower(): value.strip() for key, value in attributes.items()}
        url = _web_address(given.get("xmlurl", ""))
        self._folders.append("" if url else given.get("title") or given.get("text") or "")
        if url:
            self._add(url, given)

    def _end(self, name: str) -> None:
        if name.lower() == "outline" and self._folders:
            self._folders.pop()

    def _add(self, url: str, given: dict[str, str]) -> None:
        name = (given.get("title") or given.get("text") or _host(url) or url)[:200]
        language = _LANGUAGE.match(given.get("language", "").lower())
        site = given.get("htmlurl", "")
        fields: dict[str, Any] = {
            "language": language.group(1) if language else "en",
            "site": site if site.lower().startswith(("http://", "https://")) else None,
            **self._labels(given),
        }
        line = self._parser.CurrentLineNumber
        try:
            config = FeedConfig(name=name, url=url, **fields)
        except ValidationError as error:
            fault = error.errors()[0]
            where = "xmlUrl" if fault["loc"] == ("url",) else ".".join(map(str, fault["loc"]))
            told = str(fault["msg"]).removeprefix("Value error, ")
            self.faults.append(RefusedLine(line, name[:60], f"{where}: {told}"))
        else:
            self.feeds.append(FeedLine(line, config))

    def _labels(self, given: dict[str, str]) -> dict[str, str]:
        """Region, kind, tier and whatever else we wrote: attributes of ours, category, folders."""
        found = {}
        if folders := "/".join(name for name in self._folders[:-1] if name):
            found["region"] = folders[:200]
        for label in given.get("category", "").split(","):
            key, _, value = label.strip().strip("/").partition("/")
            if key in _IN_CATEGORY and value:
                found[key] = value
        for key, value in given.items():
            if key.startswith(PREFIX) and key.removeprefix(PREFIX) in FeedConfig.model_fields:
                found[key.removeprefix(PREFIX)] = value
        return {key: value for key, value in found.items() if key not in {"name", "url"}}


def _web_address(url: str) -> str:
    """``feed:`` addresses, as some readers write them, are http addresses."""
    for prefix, instead in (("feed://", "https://"), ("feed:", "")):
        if url.lower().startswith(prefix):
            return instead + url[len(prefix) :]
    return url


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such file", mend="check the path") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error}", mend="check the path") from error
    if len(data) > _MAX_BYTES:
        raise ConfigError(
            f"{path}: larger than {_MAX_BYTES:,} bytes", mend="part it into several files"
        )
    return data
