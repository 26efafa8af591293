"""A wrong YAML file: the error names file, line, path within it and the mend."""

from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.yaml_files import read_yaml
from schemas.config import FeedsFile
from schemas.routes import RoutesFile


def _fault(path: Path, text: str, shape: type = RoutesFile) -> str:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_yaml(path, shape)
    assert caught.value.mend
    return caught.value.message


def test_a_sound_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "routes.yaml"
    path.write_text("routes:\n  - name: all\n", encoding="utf-8")
    [route] = read_yaml(path, RoutesFile).routes
    assert (route.name, route.when.min_significance) == ("all", 1)


def test_a_misspelt_key_is_named_with_the_one_that_was_meant(tmp_path: Path) -> None:
    path = tmp_path / "routes.yaml"
    told = _fault(path, "routes:\n  - name: all\n    when:\n      min_signifcance: 2\n")
    assert told == (
        f"{path}:4: routes[0].when.min_signifcance: no such key; did you mean 'min_significance'?"
    )


def test_a_missing_key_and_a_wrong_value_are_both_named(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    text = (
        "feeds:\n  - url: https://a.example/\n  - name: b\n    url: ftp://b.example\n    tier: 9\n"
    )
    told = _fault(path, text, FeedsFile)
    assert f"{path}:2: feeds[0].name: this key is missing" in told
    assert "feeds[1].url: a feed's url starts with http:// or https://" in told
    assert f"{path}:5: feeds[1].tier:" in told
    assert "(it is 9)" in told


@pytest.mark.parametrize("text", ["routes: [", "a:\n\t- b", "routes: *nothing"])
def test_what_is_not_yaml_is_named_with_its_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "routes.yaml"
    told = _fault(path, text)
    assert told.startswith(f"{path}:")
    assert "not YAML" in told


@pytest.mark.parametrize("text", ["- just\n- a list\n", "nothing", ""])
def test_another_shape_is_said_to_be_wrong(tmp_path: Path, text: str) -> None:
    assert str(tmp_path / "routes.yaml") in _fault(tmp_path / "routes.yaml", text)


def test_a_missing_file_and_one_that_is_no_text_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        read_yaml(tmp_path / "none.yaml", RoutesFile)
    (tmp_path / "bad.yaml").write_bytes(b"\xff\xfe\x00bad")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_yaml(tmp_path / "bad.yaml", RoutesFile)
