"""The digest's page under the checks of others: html-validate, caniemail, axe-core, spam lists.

Node tools are installed by name and version for the check alone; where node, its registry or a
browser is not there, the check is skipped and says so. A browser that is not on the path is named
by the variable CHROMIUM.
"""

import json
import re
import shutil
import subprocess
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from pipeline.demo.mail_catcher import MailCatcher
from pipeline.notify.email import EmailSender, email_payload, message_id, parse_smtp_url
from schemas.alert import Channel, Sent
from tests.browser import browser_path
from tests.digest_days import DAYS, SENDER, rendered
from tests.mail_lint import rfc_faults, spam_faults
from tests.notify_shapes import NOW, message

TOOLS = Path(__file__).parents[1] / "mail_tools"
ALLOWED = {
    # For dark mode and small screens: where they are ignored, the light page of 640 pixels is seen.
    "<style> element", "@media", "color-scheme CSS property", "color-scheme meta tag",
    # Square corners and a wrapped word are no loss.
    "border-radius", "white-space",
    # Of the line that is shown after the subject: a pixel high and of the page's colour.
    "display:none", "max-height property", "overflow",
}  # fmt: skip
"""Features that some of the clients do not know, and that nothing depends on."""


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the node tools are installed."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("node and npm are not there: html-validate, caniemail and axe are not asked")
    folder = tmp_path_factory.mktemp("mail-tools")
    shutil.copy(TOOLS / "package.json", folder)
    try:
        done = subprocess.run(
            [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts"],
            cwd=folder, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        pytest.skip("npm's registry does not answer within two minutes")
    if done.returncode:
        pytest.skip(f"npm cannot install the tools: {done.stderr.strip()[-300:]}")
    return folder


@pytest.fixture(scope="module", params=sorted(DAYS))
def day(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def told(day: str, tools: Path) -> dict[str, Any]:
    made = rendered(day)
    page, text = tools / f"{day}.html", tools / f"{day}.txt"
    page.write_text(made.html, encoding="utf-8")
    text.write_text(f"{made.subject}\n{made.text}", encoding="utf-8")
    done = subprocess.run(
        ["node", str(TOOLS / "check.mjs"), str(page), str(text)],
        cwd=tools, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.slow
def test_html_validate_has_nothing_against_it(told: dict[str, Any]) -> None:
    assert told["html"] == []


@pytest.mark.slow
def test_what_a_client_does_not_know_is_not_needed(told: dict[str, Any]) -> None:
    assert {issue.split(" @ ")[0] for issue in told["errors"]} <= ALLOWED
    assert told["warnings"], "the tool looked at it"


@pytest.mark.slow
def test_no_word_is_on_the_list_of_spam_words(told: dict[str, Any]) -> None:
    assert told["spam"] == []


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_barrier(day: str, tools: Path, scheme: str) -> None:
    """In a real browser, contrast of the colours included."""
    browser = browser_path()
    if browser is None:
        pytest.skip("no browser: install chromium, or name one in CHROMIUM")
    axe = (tools / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    page = re.sub(r"cid:\w+@mineralwatch", "data:image/gif;base64,R0lGODlhAQABAAAAACw=",
                  rendered(day).html)  # fmt: skip
    if scheme == "dark":
        page = page.replace("@media (prefers-color-scheme: dark)", "@media all")
    run = (
        "axe.run({resultTypes:['violations']}).then(r=>{const p=document.createElement('pre');"
        "p.id='axe';p.textContent=JSON.stringify({of:r.passes.length,is:r.violations.map("
        "v=>[v.id,v.nodes.slice(0,3).map(n=>n.html)])});document.body.append(p)})"
    )
    path = tools / f"{day}-{scheme}-axe.html"
    path.write_text(
        page.replace("</body>", f"<script>{axe}</script><script>{run}</script></body>"),
        encoding="utf-8",
    )
    done = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=20000",
         "--dump-dom", path.as_uri()],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    found = re.search(r'<pre id="axe">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, f"axe did not run: {done.stderr[-500:]}"
    answer = json.loads(found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
    assert answer["of"] > 5, "axe looked at it"
    assert answer["is"] == []


def test_a_day_is_sent_to_a_mail_server_and_read_back(day: str, tmp_path: Path) -> None:
    made, key = rendered(day), f"digest:default:{day}"
    to = ("Reader <reader@example.org>", "other@example.org")
    payload = email_payload(
        made, sender=SENDER, recipients=to, sent_at=NOW,
        unsubscribe="https://lists.example.org/leave?list=default",
    )  # fmt: skip
    with MailCatcher(tmp_path / "mail") as mail:
        sender = EmailSender(parse_smtp_url(mail.url))
        outgoing = message(Channel.EMAIL, key=key, address="daily", payload=payload)
        assert sender.send(outgoing) == Sent(external_id=message_id(key, "example.org"))
        (caught,) = mail.messages
        raw = caught.path.read_bytes()
    assert rfc_faults(raw) == []
    assert spam_faults(raw) == []
    read = message_from_bytes(raw, policy=policy.default)
    html, text = read.get_body(("html",)), read.get_body(("plain",))
    assert html is not None
    assert text is not None
    assert html.get_content().splitlines() == made.html.splitlines()
    assert text.get_content().splitlines() == made.text.splitlines()
    shown = re.findall(r'src="cid:([^"]+)"', made.html)
    parts = {str(part["Content-ID"]): part for part in read.walk() if part["Content-ID"]}
    assert shown
    assert set(parts) == {f"<{cid}>" for cid in shown}
    assert all(part.get_content().startswith(b"\x89PNG") for part in parts.values())
    assert len(raw) < 400_000


def test_the_linters_find_what_is_wrong() -> None:
    """A check that cannot fail proves nothing."""
    bad = (
        b"From: a@example.org\nSubject: ACT NOW!!\r\nMessage-ID: none\r\n"
        b"Content-Type: text/html\r\n\r\n"
        b'<form></form><a href="http://1.2.3.4/">http://bank.example/</a><img src="http://x/">'
    )
    assert {"Message-ID: none", "a bare CR or LF", "To: 0 times"} <= set(rfc_faults(bad + b"\r\n"))
    assert {
        "SUBJ_ALL_CAPS", "PLING_PLING", "MIME_HTML_ONLY", "HTML_IMAGE_REMOTE", "HTML_NO_ALT",
        "HTML_TAG_BAD", "URI_IP", "LINK_SAYS_ANOTHER",
    } <= set(spam_faults(bad))  # fmt: skip
