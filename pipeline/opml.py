"""Feeds as people keep them: an OPML file from a reader, or feeds.yaml."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.parsers import expat

from pydantic import ValidationError

from pipeline.errors import ConfigError
from pipeline.yaml_files import read_yaml
from schemas.config import FeedConfig, FeedsFile

_MAX_BYTES = 20_000_000
_LANGUAGE = re.compile(r"^([a-z]{2,3})(?:[-_]|$)")
_BY_SUFFIX = {".opml": True, ".xml": True, ".yaml": False, ".yml": False}


def read_feeds(path: Path) -> tuple[FeedConfig, ...]:
    """Read a feeds file: OPML where its name or its first character says so, else YAML.

    Raises:
        ConfigError: the file cannot be read, or a feed in it is wrong; file, line and mend named.
    """
    is_opml = _BY_SUFFIX.get(path.suffix.lower())
    if is_opml is None:
        is_opml = _bytes(path).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    return read_opml(path) if is_opml else read_yaml(path, FeedsFile).feeds


def read_opml(path: Path) -> tuple[FeedConfig, ...]:
    """Read the outlines of ``path`` that have an xmlUrl, however deep, the first of each address.

    The name is ``title`` or ``text``, else the host; ``language`` is taken where it is a code.

    Raises:
        ConfigError: the file cannot be read, is not OPML, declares a DTD, or has a wrong address.
    """
    reader = _Reader(path)
    reader.read(_bytes(path))
    if reader.faults:
        raise ConfigError(
            "\n".join(reader.faults), mend="mend the lines named; nothing was started"
        )
    if not reader.feeds:
        raise ConfigError(
            f"{path}: no feed in it", mend="an OPML feed is <outline xmlUrl='https://…' text='…'/>"
        )
    return tuple(reader.feeds.values())


class _Reader:
    """Collects outlines while expat goes through the file."""

    def __init__(self, path: Path) -> None:
        self.feeds: dict[str, FeedConfig] = {}
        self.faults: list[str] = []
        self._path = path
        self._root: str | None = None
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
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
        if url and url not in self.feeds:
            self._add(url, given)

    def _add(self, url: str, given: dict[str, str]) -> None:
        name = given.get("title") or given.get("text") or _host(url) or url
        language = _LANGUAGE.match(given.get("language", "").lower())
        try:
            self.feeds[url] = FeedConfig(
                name=name[:200], url=url, language=language.group(1) if language else "en"
            )
        except ValidationError as error:
            told = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
            line = self._parser.CurrentLineNumber
            self.faults.append(f"{self._path}:{line}: {name[:60]}: xmlUrl: {told}")


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
