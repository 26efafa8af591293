"""Hooks of mkdocs: pages that are made from the code, and links that lead out of docs/.

The pages of docs/ are read in the repository too, so they link to its files. On the site a link to
a page that the site has under another name goes there, one to a YAML or JSON file to a copy of it,
and the name of any other file stands as it is.
"""

import re
import sys
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import reference_cli  # noqa: E402 - found by the line above
import reference_schemas  # noqa: E402
import reference_settings  # noqa: E402
import reference_tables  # noqa: E402

ELSEWHERE = {
    "CHANGELOG.md": "changelog.md",
    "README.md": "index.md",
    "pipeline/assess/model/model_card.md": "model-card.md",
}
"""Files of the repository that are pages here, by another name."""
COPIED = ("pipeline/config/", "schemas/json/")
MADE: dict[str, str] = {}
"""Pages made from the code, by their names."""
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(((?:\.\./)+[^)\s]+)\)")
_FENCE = re.compile(r"(^```.*?^```$)", re.DOTALL | re.MULTILINE)


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are generated, and copies of the files that are linked to."""
    pages = {
        "reference/settings.md": reference_settings.page(),
        "reference/tables.md": reference_tables.page(),
        "reference/schemas.md": reference_schemas.page(),
        **reference_cli.pages(),
    }
    for source, name in ELSEWHERE.items():
        if name != "index.md":
            pages[name] = outward((ROOT / source).read_text(encoding="utf-8"), source, name)
    MADE.update(pages)
    for name, text in pages.items():
        # A page that others link to is a file too, so that its links lead somewhere in the
        # repository; on the site it has what is made of the code.
        if files.get_file_from_path(name) is None:
            files.append(File.generated(config, name, content=text))
    for folder in COPIED:
        for path in sorted((ROOT / folder).rglob("*.*")):
            name = f"files/{path.relative_to(ROOT / PurePosixPath(folder).parent)}"
            if path.suffix in {".yaml", ".json"}:
                files.append(File.generated(config, name, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, *, page: Any, config: Any, files: Files) -> str:  # noqa: ARG001 - names are mkdocs'
    """Turn the links that lead out of docs/."""
    name = page.file.src_uri
    if name in MADE:
        return MADE[name]
    return markdown if page.file.generated_by else outward(markdown, f"docs/{name}", name)


def outward(markdown: str, source: str, name: str) -> str:
    """``markdown`` of the repository's file ``source`` as the site's page ``name`` has it."""

    def turned(found: re.Match[str]) -> str:
        text, target = found.groups()
        path, _, anchor = target.partition("#")
        inside = normpath(str(PurePosixPath(source).parent / path))
        if not inside.startswith("docs/") and (to := _page_of(inside)) is None:
            return text if text.startswith("`") else f"`{text}`" if "/" in text else text
        to = inside.removeprefix("docs/") if inside.startswith("docs/") else to
        link = relpath(to, str(PurePosixPath(name).parent))
        return f"[{text}]({link}{'#' + anchor if anchor else ''})"

    parts = _FENCE.split(markdown)
    return "".join(part if n % 2 else _LINK.sub(turned, part) for n, part in enumerate(parts))


def _page_of(inside: str) -> str | None:
    if inside in ELSEWHERE:
        return ELSEWHERE[inside]
    folder = next((one for one in COPIED if inside.startswith(one)), None)
    if folder is None or PurePosixPath(inside).suffix not in {".yaml", ".json"}:
        return None
    return f"files/{PurePosixPath(inside).relative_to(PurePosixPath(folder).parent)}"
