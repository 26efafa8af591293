"""Sample items written as RSS 2.0, Atom or RSS 1.0, with the oddities that feeds have."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape, quoteattr

from pipeline.demo.samples import Format, ItemQuirk, Outlet, OutletQuirk, SampleItem

CONTENT_TYPES = {
    Format.RSS: "application/rss+xml",
    Format.ATOM: "application/atom+xml",
    Format.RDF: "application/rdf+xml",
}
_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
_TRACKING = "?utm_source=rss&utm_medium=feed&utm_campaign=demo"


@dataclass(frozen=True, slots=True)
class Published:
    """A sample item that is out: when (UTC), its page, and the site of the outlet it names."""

    item: SampleItem
    at: datetime
    url: str
    source_url: str


def render_feed(
    outlet: Outlet, stories: Sequence[Published], *, site: str, updated: datetime
) -> bytes:
    """Write the feed of an outlet, newest first as given. ``site`` is the outlet's front page."""
    writer = {Format.RSS: _rss, Format.ATOM: _atom, Format.RDF: _rdf}[outlet.format]
    return (_HEAD + writer(outlet, stories, site, updated)).encode()


def _rss(outlet: Outlet, stories: Sequence[Published], site: str, updated: datetime) -> str:
    items = "".join(_rss_item(outlet, story) for story in stories)
    return (
        f'<rss version="2.0"><channel><title>{escape(outlet.name)}</title>'
        f"<link>{escape(site)}</link><description>{escape(outlet.name)}: sample news</description>"
        f"<language>{outlet.language}</language>"
        f"<lastBuildDate>{format_datetime(updated, usegmt=True)}</lastBuildDate>\n"
        f"{items}</channel></rss>\n"
    )


def _rss_item(outlet: Outlet, story: Published) -> str:
    item = story.item
    parts = [f"<title>{_text(outlet, item.title)}</title>"]
    link = _link(outlet, story)
    if link is not None:
        parts.append(f"<link>{escape(link)}</link>")
    parts.append(f'<guid isPermaLink="false">{_guid(item)}</guid>')
    if item.quirk is not ItemQuirk.NO_DATE:
        parts.append(f"<pubDate>{format_datetime(story.at, usegmt=True)}</pubDate>")
    parts.append(f"<description>{_text(outlet, _summary(outlet, story))}</description>")
    if OutletQuirk.SOURCE in outlet.quirks:
        source = f"<source url={quoteattr(story.source_url)}>{escape(item.outlet)}</source>"
        parts.append(source)
    return f"<item>{''.join(parts)}</item>\n"


def _atom(outlet: Outlet, stories: Sequence[Published], site: str, updated: datetime) -> str:
    entries = "".join(_atom_entry(outlet, story) for story in stories)
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{outlet.language}">'
        f"<title>{escape(outlet.name)}</title><id>{escape(site)}</id>"
        f"<updated>{updated.isoformat()}</updated><link href={quoteattr(site)}/>\n"
        f"{entries}</feed>\n"
    )


def _atom_entry(outlet: Outlet, story: Published) -> str:
    item = story.item
    parts = [f"<title>{escape(item.title)}</title><id>{_guid(item)}</id>"]
    link = _link(outlet, story)
    if link is not None:
        parts.append(f"<link rel='alternate' href={quoteattr(link)}/>")
    if item.quirk is not ItemQuirk.NO_DATE:
        stamp = story.at.isoformat()
        parts.append(f"<published>{stamp}</published><updated>{stamp}</updated>")
    kind = "html" if OutletQuirk.HTML in outlet.quirks else "text"
    parts.append(f'<summary type="{kind}">{escape(_summary(outlet, story))}</summary>')
    return f"<entry>{''.join(parts)}</entry>\n"


def _rdf(outlet: Outlet, stories: Sequence[Published], site: str, updated: datetime) -> str:
    refs = "".join(f"<rdf:li rdf:resource={quoteattr(story.url)}/>" for story in stories)
    items = "".join(
        f"<item rdf:about={quoteattr(story.url)}><title>{escape(story.item.title)}</title>"
        f"<link>{escape(story.url)}</link><dc:date>{story.at.isoformat()}</dc:date>"
        f"<description>{escape(_summary(outlet, story))}</description></item>\n"
        for story in stories
    )
    return (
        '<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f"<channel rdf:about={quoteattr(site)}><title>{escape(outlet.name)}</title>"
        f"<link>{escape(site)}</link><description>sample news</description>"
        f"<dc:language>{outlet.language}</dc:language><dc:date>{updated.isoformat()}</dc:date>"
        f"<items><rdf:Seq>{refs}</rdf:Seq></items></channel>\n{items}</rdf:RDF>\n"
    )


def _summary(outlet: Outlet, story: Published) -> str:
    """The summary as the outlet writes it: in HTML with pictures and entities where it does so."""
    if OutletQuirk.HTML not in outlet.quirks:
        return story.item.summary
    return (
        f'<p><a href="{escape(story.url)}"><img src="{escape(story.url)}.jpg" alt=""/></a>'
        f"<b>&nbsp;</b>{escape(story.item.summary)}</p><br clear='all'/>"
        f'<img src="{escape(story.url)}.gif" width="1" height="1" alt=""/>'
    )


def _text(outlet: Outlet, text: str) -> str:
    if OutletQuirk.CDATA in outlet.quirks:
        return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"
    return escape(text)


def _link(outlet: Outlet, story: Published) -> str | None:
    if story.item.quirk is ItemQuirk.NO_LINK:
        return None
    if story.item.quirk is ItemQuirk.RELATIVE_LINK:
        return f"/{outlet.slug}/{story.item.id}"
    return story.url + (_TRACKING if OutletQuirk.TRACKING in outlet.quirks else "")


def _guid(item: SampleItem) -> str:
    shared = item.quirk is ItemQuirk.SHARED_GUID
    return f"{item.feed}:{'latest' if shared else item.id}"
