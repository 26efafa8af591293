"""Pages as news sites send them: articles with all that stands around them, and what is none."""

PARAGRAPHS = (
    (
        "ASTANA, May 4. Kazakhstan and Japan signed a memorandum on the joint exploration of rare"
        " earths on Monday, the two governments said after talks in Astana."
    ),
    (
        "The document, signed by the ministers of industry, foresees geological surveys in three"
        " regions and a joint venture with the state company Tau-Ken Samruk."
    ),
    (
        "A plant for the separation of rare earths is to be built in Kurchatov, so that the ore is"
        " processed in Kazakhstan and not shipped abroad, the ministry added."
    ),
    "Exploration is to begin next year, the minister told reporters.",
)
TITLE = "Kazakhstan and Japan sign memorandum on rare earths"

CONSENT = (
    "We value your privacy",
    (
        "We and our partners store and/or access information on a device, such as cookies, and"
        " process personal data, such as unique identifiers sent by a device."
    ),
    (
        "With your permission we and our partners may use precise geolocation data and"
        " identification through scanning. You may consent to the processing described above."
    ),
    (
        "Some processing may not require your consent, but you have a right to object. Your choices"
        " apply to this website only. You can withdraw your consent at any time."
    ),
)
TEASER = (
    PARAGRAPHS[0],
    "The document, signed by the ministers of industry, foresees geological surveys in three …",
    "Subscribe to continue reading. Already a subscriber? Sign in.",
)
LOGIN = (
    "Please sign in to go on. You must be logged in to see this page of our site and its archive.",
    (
        "Enter your email address to get a link. Forgot your password? Create a free account today,"
        " it takes no more than a minute, and you may leave whenever you like."
    ),
)


def page(
    paragraphs=PARAGRAPHS,
    *,
    title: str = TITLE,
    head: str = "",
    charset: str = '<meta charset="utf-8">',
) -> str:
    """An article's page with menu, banner, teasers and footer."""
    body = "\n".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f"""<!doctype html><html><head>{charset}<title>{title} - Daily</title>{head}</head><body>
<header><nav><ul><li><a href="/">Home</a></li><li><a href="/world">World</a></li>
<li><a href="/business">Business</a></li></ul></nav></header>
<div class="cookie-banner"><p>We use cookies. Accept all cookies or manage your cookie
settings.</p><button>Accept</button></div>
<main><article><h1>{title}</h1><p class="byline">By Aigul Sarsen</p>
{body}</article></main>
<aside><h3>Most read</h3><ul><li><a href="/1">Cotton harvest falls by a tenth this year</a></li>
<li><a href="/2">Union adopts methane rules for its importers of gas</a></li></ul></aside>
<section class="comments"><p>Ivan: Why is gas so dear?</p></section>
<footer><p>Copyright 2026 Daily. All rights reserved. Subscribe to our newsletter.</p></footer>
</body></html>"""
