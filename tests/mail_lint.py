"""What a spam filter and RFC 5322 have against a message, asked without any server.

The spam rules are those of SpamAssassin's stock set that a digest could break, under its names
(https://spamassassin.apache.org/tests.html), in words of our own.
"""

import email
import email.policy
import re
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime
from html.parser import HTMLParser
from urllib.parse import urlsplit

_ONCE = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "List-Unsubscribe")
_SHORTENERS = {"bit.ly", "t.co", "goo.gl", "tinyurl.com", "ow.ly"}
_ENTICING = re.compile(
    r"\b(free|guaranteed|act now|winner|urgent|cash|click here|buy)\b", re.IGNORECASE
)
_MESSAGE_ID = re.compile(r"<[^<>\s@]+@[^<>\s@]+>")
_WAY_OUT = re.compile(r"<(mailto:|https://)[^<>\s]+>(, <mailto:[^<>\s]+>)?")


class _Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self.tags: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.words = ""
        self._skip = 0
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.words += " "
        self._skip += tag in {"style", "title"}
        if tag == "a":
            self._open = [given.get("href") or "", ""]
        if tag == "img":
            self.images.append(given)

    def handle_endtag(self, tag: str) -> None:
        self._skip -= tag in {"style", "title"}
        if tag == "a" and self._open:
            self.links.append((self._open[0], self._open[1].strip()))
            self._open = []

    def handle_data(self, data: str) -> None:
        if self._skip:
            return
        self.words += data
        if self._open:
            self._open[1] += data


def rfc_faults(raw: bytes) -> list[str]:
    """What RFC 5322, 2045 and 2369 have against it."""
    lines = raw.split(b"\r\n")
    head = raw.split(b"\r\n\r\n", 1)[0]
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    date = mail["Date"]
    checks = {
        "a bare CR or LF": any(b"\n" in line or b"\r" in line for line in lines),
        "a line of more than 998 characters": max(map(len, lines)) > 998,
        "a header that is not ASCII": not head.isascii(),
        "a header line of more than 78 characters": max(map(len, head.split(b"\r\n"))) > 78,
        f"Message-ID: {mail['Message-ID']}": not _MESSAGE_ID.fullmatch(str(mail["Message-ID"])),
        "Date: no zone": bool(date) and parsedate_to_datetime(str(date)).tzinfo is None,
        f"List-Unsubscribe: {mail['List-Unsubscribe']}": not _WAY_OUT.fullmatch(
            str(mail["List-Unsubscribe"])
        ),
    }
    found = [name for name, broken in checks.items() if broken]
    counts = {name: len(mail.get_all(name, [])) for name in _ONCE}
    found += [f"{name}: {count} times" for name, count in counts.items() if count != 1]
    for part in mail.walk():
        found += [f"{part.get_content_type()}: {defect!r}" for defect in part.defects]
        for name, value in part.items():
            found += [f"{name}: {defect!r}" for defect in getattr(value, "defects", ())]
    return found


def spam_faults(raw: bytes) -> list[str]:
    """The rules of a spam filter that it breaks, by name."""
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    subject = str(mail["Subject"])
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    letters = [char for char in subject if char.isalpha()]
    page = _Page(html.get_content()) if html else _Page("")
    text = plain.get_content() if plain else ""
    checks = {
        "SUBJ_ALL_CAPS": bool(letters) and all(char.isupper() for char in letters),
        "PLING_PLING": "!!" in subject,
        "SUBJ_ENTICING": bool(_ENTICING.search(subject)),
        "SUBJECT_NEEDS_ENCODING": not str(mail["Subject"]).strip(),
        "MIME_HTML_ONLY": html is not None and plain is None,
        "MPART_ALT_DIFF": html is not None and not _alike(page.words, text),
        "HTML_IMAGE_ONLY": bool(page.images) and len(page.words.split()) < 100,
        "HTML_IMAGE_REMOTE": any(not str(i.get("src")).startswith("cid:") for i in page.images),
        "HTML_NO_ALT": any(not i.get("alt") for i in page.images),
        "HTML_TAG_BAD": bool({"form", "script", "iframe", "embed", "object"} & set(page.tags)),
        "HTML_TITLE_EMPTY": "title" not in page.tags,
        "URI_OBFUSCATED": any("@" in urlsplit(url).netloc for url, _ in page.links),
        "URI_IP": any(re.match(r"https?://[\d.]+[:/]", url) for url, _ in page.links),
        "URL_SHORTENER": any(urlsplit(url).hostname in _SHORTENERS for url, _ in page.links),
        "LINK_SAYS_ANOTHER": any(
            re.match(r"https?://", words) and urlsplit(words).hostname != urlsplit(url).hostname
            for url, words in page.links
        ),
        "MISSING_RECIPIENT": not getaddresses([str(mail["To"])]),
        "TOO_LARGE": html is not None and len(html.get_content().encode()) > 102_000,
    }
    return [name for name, broken in checks.items() if broken]


def _alike(html: str, text: str) -> bool:
    """Most of what the page says is said by the text too."""
    of_page, of_text = (set(re.findall(r"\w{4,}", part.lower())) for part in (html, text))
    return len(of_page & of_text) >= 0.8 * len(of_page)
