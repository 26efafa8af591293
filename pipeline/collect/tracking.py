"""Parts of a query or fragment that say how the reader came, never what is read.

Sources: the general rules of ClearURLs (docs.clearurls.xyz) and the links of news sites' own feeds.
A name stands here only where no site is known that tells articles apart by it: what is dropped too
much joins two articles in one, and the second is lost; what is dropped too little is read twice.
"""

import re

_NAMES = re.compile(
    r"""
    # campaigns: Google, Matomo, HubSpot, Adobe, Webtrends, Oracle, IBM, Salesforce, mailers
    (?:utm|pk|mtm|piwik|matomo|hsa|ga|itm|otm|elq|__hs|_hs|vero|oly|ml|mailerlite|sfmc)[_-].*
    | utm | _g[al] | _hsenc | _hsmi | hsctatracking | mc_[ce]id | mkt_tok | elqtrack(?:id)?
    | s_cid | ef_id | s_kwcid | wt[._]z?mc(?:_id|_ev)? | wtrid | wickedid | _ke | _kx | bxid | cndid
    | cm_(?:mmc|sp|ven|cat|pla|ite|lm)\d? | sc_(?:src|cid|lid|uid|campaign|channel|content|medium)
    | oly_(?:anon|enc)_id | at_(?:medium|campaign|custom\d|link_\w+|ptr_name|format|bbc_team)
    | ns_(?:mchannel|source|campaign|linkname|fee) | trackingid | tracking_source
    # clicks
    | [a-z]{1,3}clid | msclkid | irclickid | rb_clickid | gbraid | wbraid | gclsrc
    | gad_(?:source|campaignid) | igshid? | srsltid | epik
    | li_fat_id | _branch_match_id | _openstat | spm
    # networks
    | fb_(?:action_(?:ids|types)|source|ref) | action_(?:object|type|ref)_map | ref_(?:src|url)
    | __twitter_impression | __source | __s | trk | ncid | [oi]cid | traffic_source
    # houses of news
    | cmpid | int(?:cmp|cid) | icmp | ito | mbid | ftag | taid | echobox | xtor | smid | smtyp
    | sref | sr_share | srnd | leadsource | guccounter | guce_referrer(?:_sig)? | feedtype
    | feedname | virtualbrandchannel | tpcc | dicbo | dlbk | yptr | maca
    # AMP, and what its caches add
    | amp | _amp | isamp | amp_(?:js_v|gsa|ct|r|agsa|markup) | usqp | aoh | noamp | nonamp
    # sessions
    | phpsessid | jsessionid | aspsessionid\w* | cfid | cftoken | sessionid
    """,
    re.VERBOSE,
)
# Names that tell articles apart on one site and name the way on another: their value decides.
_FROM_FEED = frozenset({
    "from", "ref", "source", "src", "partner", "emc", "feed", "via", "cmp", "mod", "cid", "origin",
    "channel", "referrer", "referer", "tsrc", ".tsrc", "type", "ocid", "sc", "rss",
})  # fmt: skip
_FEED_VALUE = re.compile(
    r"(?:[a-z0-9]{1,20}[-_])*(?:rss|rssfeed|atom|googlenews)(?:[-_.][\w.-]*)?"
    r"|(?:rss_)?feeds?|google-news|feedburner|amp"
)
_VIEWS = frozenset({
    "outputtype", "view", "mode", "format", "type", "output", "layout", "platform", "device",
})  # fmt: skip
_VIEW_VALUES = frozenset({"amp", "mobile", "amphtml"})
_FLAGS = frozenset({"rss", "mobile", "feed", "amphtml"})
_ON = frozenset({"", "1", "y", "yes", "true"})
_SESSION_VALUE = re.compile(r"[0-9a-f]{26,40}")
_ESCAPED_AND = re.compile(r"^(?:amp;)+", re.IGNORECASE)
_MAX_ANCHOR = 200
_IDENTIFIER = re.compile(r"[\w~.-]+", re.ASCII)
_MIN_DIGITS = 4


def without_escaped_and(part: str) -> str:
    """Return ``part`` without the ``amp;`` that is left of an ampersand escaped twice."""
    return _ESCAPED_AND.sub("", part)


def is_tracking(part: str) -> bool:
    """Tell whether ``name=value`` of a query says nothing about what is read."""
    name, _, value = part.lower().partition("=")
    if _NAMES.fullmatch(name):
        return True
    if name in _FROM_FEED and _FEED_VALUE.fullmatch(value):
        return True
    if (name in _VIEWS and value in _VIEW_VALUES) or (name in _FLAGS and value in _ON):
        return True
    return name == "sid" and _SESSION_VALUE.fullmatch(value) is not None


def telling_fragment(fragment: str) -> str:
    """Return what of ``fragment`` names an article: a route or a numbered anchor, or nothing.

    ``#!/a/b`` and ``#/a/b`` are the routes of pages that load their articles by script;
    ``#post-20481`` is one of several items of a page; ``#comments``, ``#xtor=RSS-1`` are neither.
    """
    if fragment.startswith(("!", "/")) and len(fragment) > 1:
        route, _, query = fragment.partition("?")
        kept = [part for part in query.split("&") if part and not is_tracking(part)]
        return route + (f"?{'&'.join(kept)}" if kept else "")
    digits = sum(char.isdigit() for char in fragment)
    if digits >= _MIN_DIGITS and len(fragment) <= _MAX_ANCHOR and _IDENTIFIER.fullmatch(fragment):
        return fragment
    return ""
