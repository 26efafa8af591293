"""An outside list in any form: told from its first line, faults named by their line."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.stages.outside_list import read_list, sniff
from schemas.coverage import Asked

AT = datetime(2026, 5, 1, tzinfo=UTC)
URL = "https://one.example/a"


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "list"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ('\n{"url": "x"}', "json lines"),
        ("url,title,date\n", "csv"),
        ("Date;Headline\n", "csv"),
        ('"title"\t"link"\n', "csv"),
        ("url\nhttps://one.example/a\n", "csv"),
        (f"{URL}\n", "text"),
        ("Kazakhstan, Japan sign memorandum\n", "text"),
        ("", "text"),
    ],
)
def test_the_form_is_told_from_the_first_line(text: str, form: str) -> None:
    assert sniff(text)[0] == form


def test_text_has_an_address_or_a_headline_a_line(tmp_path: Path) -> None:
    items, bad = read_list(written(tmp_path, f"\ufeff# mine\n{URL}\r\n\n  A  deal, signed \n"))
    assert items == [Asked(2, URL), Asked(4, None, "A deal, signed")]
    assert bad == []


def test_csv_has_columns_by_name_and_lines_by_number(tmp_path: Path) -> None:
    text = (
        "Headline;URL;Published\n"
        f'"Two\nlines";{URL};2026-05-01\n'
        ";;\n"
        "Only a title;;Fri, 01 May 2026 03:00:00 +0300\n"
        ";ftp://x;\n"
        "a;https://two.example/;soon\n"
        "a;b;c;d\n"
    )
    items, bad = read_list(written(tmp_path, text))
    assert items == [Asked(2, URL, "Two lines", AT), Asked(5, None, "Only a title", AT)]
    assert [(one.line, one.what) for one in bad] == [
        (6, "'ftp://x' is no address of the web"),
        (7, "'soon' is no date"),
        (8, "4 columns under 3 names"),
    ]


def test_json_lines_are_objects_with_text(tmp_path: Path) -> None:
    text = (
        f'{{"link": "{URL}", "date": "2026-05-01T02:00:00+02:00"}}\n[1]\n{{"url": 7}}\n{{\n{{}}\n'
    )
    items, bad = read_list(written(tmp_path, text))
    assert items == [Asked(1, URL, None, AT)]
    assert [(one.line, one.what.split(":")[0]) for one in bad] == [
        (2, "not a JSON object"),
        (3, "its url is not text"),
        (4, "not JSON"),
        (5, "neither an address nor a headline"),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "it is empty"),
        ("url\nx\n", "line 2: 'x' is no address of the web"),
        (b"ok\n\xff\n", "line 2: not UTF-8"),
    ],
)
def test_a_file_of_which_nothing_can_be_used_is_refused(
    tmp_path: Path, text: str | bytes, told: str
) -> None:
    with pytest.raises(ConfigError, match=told):
        read_list(written(tmp_path, text))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone: cannot be read"):
        read_list(tmp_path / "gone")
