"""The house keeps its order: imports go down only, files and functions stay small."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[2]
MIGRATIONS = ROOT / "schemas" / "migrations"

MAX_FILE = 400
MAX_FUNCTION = 40
"""Lines of a function from ``def`` on, its docstring not counted: words are no burden."""

READERS_OF_THE_ENVIRONMENT = {
    "pipeline/settings.py": "the one reader, by way of pydantic-settings",
    "pipeline/up/run.py": "hands the environment on to the processes that it starts, unread",
    "pipeline/up/connections.py": "looks for AIRFLOW_HOME, and hands it all on to Airflow",
    "pipeline/store/pg_tools.py": "hands it on to pg_dump, unread, with the password in it",
}


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


PRODUCT = sources("pipeline", "schemas", "dags")
CODE = [path for path in PRODUCT if MIGRATIONS not in path.parents]


def test_there_is_code_to_look_at() -> None:
    assert len(sources("pipeline")) > 50
    assert sources("schemas")
    assert sources("dags")


def test_import_contracts_hold(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    failed = lint_imports(config_filename="pyproject.toml", no_cache=True)
    assert not failed, capsys.readouterr().out


def test_every_module_has_its_place_in_the_layers() -> None:
    """A module that no layer names could import whatever it likes."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "importlinter"
    ]["contracts"]
    layers = next(c["layers"] for c in contracts if c["type"] == "layers")
    placed = {part.strip() for layer in layers for part in layer.replace(":", "|").split("|")}
    modules = {
        f"pipeline.{path.stem}"
        for path in (ROOT / "pipeline").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert modules - {"pipeline.__init__"} <= placed


def test_files_are_small() -> None:
    lines = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in CODE}
    assert not {file: count for file, count in lines.items() if count > MAX_FILE}


def functions(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = function.body[0]
    docstring = 0
    if ast.get_docstring(function, clean=False) is not None:
        docstring = (first.end_lineno or 0) - first.lineno + 1
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


def test_functions_are_small() -> None:
    lines = {f"{name(path)}: {f.name}": length(f) for path in CODE for f in functions(tree(path))}
    assert not {function: count for function, count in lines.items() if count > MAX_FUNCTION}


def imported(module: ast.Module) -> set[str]:
    """Top-level names of all that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.split(".")[0])
    return found


def test_airflow_is_imported_in_dags_only() -> None:
    users = [name(path) for path in PRODUCT if "airflow" in imported(tree(path))]
    assert users
    assert not [user for user in users if not user.startswith("dags/")]


def reads_the_environment(module: ast.Module) -> bool:
    used = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute):
            used.add(node.attr)
        elif isinstance(node, ast.Name):
            used.add(node.id)
        elif isinstance(node, ast.ImportFrom):
            used |= {alias.name for alias in node.names}
    return bool(used & {"environ", "environb", "getenv", "BaseSettings"})


def test_the_environment_is_read_in_one_place() -> None:
    readers = {name(path) for path in CODE if reads_the_environment(tree(path))}
    assert readers == set(READERS_OF_THE_ENVIRONMENT)


def test_store_functions_never_commit() -> None:
    """Transactions are the stages' to open and close."""
    for path in sources("pipeline/store"):
        calls = {
            node.func.attr
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        assert not calls & {"commit", "rollback"}, name(path)


def test_store_functions_take_the_session_by_keyword() -> None:
    for path in sources("pipeline/store"):
        for function in functions(tree(path)):
            if function.name.startswith("_") or path.stem in {"engine", "migrate"}:
                continue
            positional = [argument.arg for argument in function.args.args]
            assert "session" not in positional, f"{name(path)}: {function.name}"
