"""The database's tables: columns from SQLAlchemy's metadata, words from the rows' docstrings."""

import ast
from pathlib import Path
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.dialects import postgresql, sqlite

from schemas.tables import Base

ROOT = Path(__file__).parents[2]
_HEAD = """# Database tables

The rows that the product keeps, as SQLAlchemy declares them (`schemas/tables.py` and its
neighbours). Times are UTC. A type is PostgreSQL's; where SQLite's differs, it stands behind the
stroke. The search's own index is beside these, made by a migration: FTS5 on SQLite, a `tsvector` on
PostgreSQL. State is rows: what is left to do is derived from them ([why](../why.md)).

"""


def page() -> str:
    """The page, a section a table, by the tables' names."""
    words = docstrings()
    mappers = sorted(Base.registry.mappers, key=lambda one: one.class_.__tablename__)
    return "\n".join([_HEAD, *(_table(mapper, words) for mapper in mappers)])


def docstrings() -> dict[str, str]:
    """What is said of each row and of each column: ``Row`` and ``Row.column`` to text."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "schemas").glob("*tables.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                found[node.name] = ast.get_docstring(node) or ""
                for said, text in _attributes(node):
                    found[f"{node.name}.{said}"] = text
    return found


def _attributes(node: ast.ClassDef) -> list[tuple[str, str]]:
    """A text that follows an attribute is the attribute's."""
    pairs = zip(node.body, node.body[1:], strict=False)
    return [
        (one.target.id, " ".join(after.value.value.split()))
        for one, after in pairs
        if isinstance(one, ast.AnnAssign)
        and isinstance(one.target, ast.Name)
        and isinstance(after, ast.Expr)
        and isinstance(after.value, ast.Constant)
        and isinstance(after.value.value, str)
    ]


def _table(mapper: Any, words: dict[str, str]) -> str:
    table, row = mapper.local_table, mapper.class_.__name__
    lines = [f"## {table.name}\n", f"{words[row]}\n" if words.get(row) else ""]
    lines += ["| column | type | | what it is |", "| --- | --- | --- | --- |"]
    for column in table.columns:
        told = words.get(f"{row}.{mapper.get_property_by_column(column).key}", "")
        cell = told.replace("|", "\\|").replace("``", "`")
        lines.append(f"| `{column.name}` | {_type(column)} | {_marks(column)} | {cell} |")
    keys = [
        ", ".join(f"`{column.name}`" for column in one.columns)
        for one in sorted(table.constraints, key=lambda one: str(one.name))
        if isinstance(one, UniqueConstraint) and len(one.columns) > 1
    ]
    indexes = [
        f"`{one.name}`: "
        + ", ".join(f"`{getattr(part, 'name', part)}`" for part in one.expressions)
        for one in sorted(table.indexes, key=lambda one: str(one.name))
        if len(one.expressions) > 1
    ]
    if keys:
        lines.append("\nUnique together: " + "; ".join(keys) + ".")
    if indexes:
        lines.append("\nIndexes over several columns: " + "; ".join(indexes) + ".")
    return "\n".join(lines) + "\n"


def _type(column: Any) -> str:
    one = column.type.compile(dialect=postgresql.dialect())
    other = column.type.compile(dialect=sqlite.dialect())
    plain = {"TIMESTAMP WITH TIME ZONE": "DATETIME", "BYTEA": "BLOB", "DOUBLE PRECISION": "FLOAT"}
    return one.lower() if plain.get(one, one) == other else f"{one.lower()} / {other.lower()}"


def _marks(column: Any) -> str:
    marks = ["key"] if column.primary_key else []
    marks += [f"→ `{key.target_fullname}`" for key in column.foreign_keys]
    marks += ["unique"] if column.unique else ["index"] if column.index else []
    marks += ["may be null"] if column.nullable else []
    return ", ".join(marks)
