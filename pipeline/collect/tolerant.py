"""feedparser, but an element that its handler fails on costs that element, not the feed.

A polygon without its frame, a chapter without its list: feedparser's handlers raise on some that no
item needs. Its ``parse`` takes no classes, so its two parsers are replaced in its module; the first
element skipped, and why, is left in the feed's data.
"""

from typing import Any

from feedparser import api

SKIPPED = "skipped element"
"""Key in the feed's data; the blank keeps it apart from every name of an element."""
_HANDLER_FAULTS = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)


class _Spared:
    """Before feedparser's mixin in the order of classes."""

    feeddata: dict[str, Any]
    basestack: list[str]
    langstack: list[str]
    depth: int

    def unknown_starttag(self, tag: str, attrs: list[tuple[str, str]]) -> None:
        """Open an element."""
        try:
            super().unknown_starttag(tag, attrs)  # type: ignore[misc]
        except _HANDLER_FAULTS as error:
            self._skip(tag, error)

    def unknown_endtag(self, tag: str) -> None:
        """Close an element; where the handler fails, what follows it is done all the same."""
        depth, bases, languages = self.depth, len(self.basestack), len(self.langstack)
        try:
            super().unknown_endtag(tag)  # type: ignore[misc]
        except _HANDLER_FAULTS as error:
            self.depth = depth - 1
            del self.basestack[max(0, bases - 1) :]
            del self.langstack[max(0, languages - 1) :]
            self._skip(tag, error)

    def _skip(self, tag: str, error: Exception) -> None:
        self.feeddata.setdefault(SKIPPED, f"<{tag[:60]}> ({error!r:.100})")


class _SparedNamespaces(_Spared):
    """The same for the strict parser's own step: a namespace with blanks in it splits wrongly."""

    def startElementNS(self, name: tuple[str, ...], qname: str, attrs: Any) -> None:  # noqa: N802
        """Open an element."""
        try:
            super().startElementNS(name, qname, attrs)  # type: ignore[misc]
        except ValueError as error:
            self._skip(str(name[-1]), error)

    def endElementNS(self, name: tuple[str, ...], qname: str) -> None:  # noqa: N802
        """Close an element."""
        try:
            super().endElementNS(name, qname)  # type: ignore[misc]
        except ValueError as error:
            self._skip(str(name[-1]), error)


api.StrictFeedParser = type("StrictFeedParser", (_SparedNamespaces, api.StrictFeedParser), {})
api.LooseFeedParser = type("LooseFeedParser", (_Spared, api.LooseFeedParser), {})
# By default each parse looks for a binding to libxml2 that has been gone since Python 3, in vain.
api.PREFERRED_XML_PARSERS = []
parse_xml = api.parse
