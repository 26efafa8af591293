"""full-text search

Revision: 0013, after 0012.

On PostgreSQL the words are a column with a GIN index, on SQLite an FTS5 table. What is there
already is indexed by the next upkeep.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import schemas.tables

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "search_entry",
        sa.Column("article_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("published_at", schemas.tables.UtcDateTime(timezone=True), nullable=False),
        sa.Column(
            "vector", sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql"), nullable=True
        ),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["article.id"],
            name="fk_search_entry_article_id_article",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("article_id", name="pk_search_entry"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE INDEX search_index_gin ON search_entry USING gin (vector)")
        return
    # Words come folded and parted (pipeline/store/search_text.py): only the spaces are to be seen.
    op.execute(
        'CREATE VIRTUAL TABLE search_index USING fts5(title, body, labels, tokenize = "ascii")'
    )
    # An article that goes takes its entry along by the foreign key, and the entry the words.
    op.execute(
        "CREATE TRIGGER search_entry_gone AFTER DELETE ON search_entry "
        "BEGIN DELETE FROM search_index WHERE rowid = old.article_id; END"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        op.execute("DROP TRIGGER search_entry_gone")
        op.execute("DROP TABLE search_index")
    op.drop_table("search_entry")
