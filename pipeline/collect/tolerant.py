"""feedparser, without what no item needs, and so that what its handlers fail on costs little.

A polygon without its frame, a chapter without its list: feedparser's handlers raise on some. That
element is lost, not the feed; the first one skipped, and why, is left in the feed's data. Pictures,
tags, counts and names of people are passed over with all that is in them: of a feed as sites write
them they are most of the elements, and an element costs far more than its text.

feedparser's ``parse`` takes no classes, so its two parsers are replaced in its module.
"""

from typing import Any

from feedparser import api

SKIPPED = "skipped element"
"""Key in the feed's data; the blank keeps it apart from every name of an element."""
_OWN = (None, "http://www.w3.org/2005/Atom", "http://purl.org/rss/1.0/")
_MEDIA = "http://search.yahoo.com/mrss/"
_ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
_UNREAD = frozenset(
    (space, name)
    for spaces, names in (
        (_OWN, "author category contributor"),
        ((None,), "comments enclosure"),
        (("http://purl.org/dc/elements/1.1/",), "creator contributor subject rights"),
        ((_MEDIA,), "thumbnail credit rating keywords category copyright community player hash"),
        ((_ITUNES,), "author owner image explicit duration keywords category block episode season"),
    )
    for space in spaces
    for name in names.split()
)
_UNREAD_SPACES = frozenset(
    {
        "http://purl.org/rss/1.0/modules/slash/",
        "http://wellformedweb.org/CommentAPI/",
        "http://purl.org/syndication/thread/1.0",
    }
)
"""Elements by namespace and name, and whole namespaces, that no field is read from. (Titles and
descriptions of media stand in for an item's own where it has none.)"""
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


class _Strict(_Spared):
    """Before the strict parser: its steps with whole text, without the elements that are unread."""

    incontent: int
    _passed = 0
    """How deep we are in an element that is passed over."""

    def __init__(self, *given: Any) -> None:
        self._pieces: list[str] = []
        super().__init__(*given)

    @property
    def contentparams(self) -> dict[str, Any]:
        """What feedparser knows of the element's text, asked for a dozen times for each element.

        A plain dict answers at a fifth of the time of its FeedParserDict, whose other names for
        keys it does not need here.
        """
        return self._contentparams

    @contentparams.setter
    def contentparams(self, params: dict[str, Any]) -> None:
        self._contentparams = dict(params)

    def startElementNS(self, name: tuple[str | None, str], qname: str, attrs: Any) -> None:  # noqa: N802
        """Open an element."""
        if self._passed or self._is_unread(name):
            self._passed += 1
            return
        self._text()
        try:
            super().startElementNS(name, qname, attrs)  # type: ignore[misc]
        except ValueError as error:  # a namespace with blanks in it splits wrongly
            self._skip(str(name[-1]), error)

    def endElementNS(self, name: tuple[str | None, str], qname: str) -> None:  # noqa: N802
        """Close an element."""
        if self._passed:
            self._passed -= 1
            return
        self._text()
        try:
            super().endElementNS(name, qname)  # type: ignore[misc]
        except ValueError as error:
            self._skip(str(name[-1]), error)

    def characters(self, text: str) -> None:
        """Take a piece of text; a piece comes for every line and entity."""
        if not self._passed:
            self._pieces.append(text)

    def _text(self) -> None:
        if self._pieces:
            text = "".join(self._pieces)
            self._pieces.clear()
            super().characters(text)  # type: ignore[misc]

    def _is_unread(self, name: tuple[str | None, str]) -> bool:
        """Whether no field is read from it; within the content of an item all is text."""
        return (name in _UNREAD or name[0] in _UNREAD_SPACES) and not self.incontent


api.StrictFeedParser = type("StrictFeedParser", (_Strict, api.StrictFeedParser), {})
api.LooseFeedParser = type("LooseFeedParser", (_Spared, api.LooseFeedParser), {})
# By default each parse looks for a binding to libxml2 that has been gone since Python 3, in vain.
api.PREFERRED_XML_PARSERS = []
parse_xml = api.parse
