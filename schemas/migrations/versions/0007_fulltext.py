"""the text of an article's page, and how its fetching ended

Revision: 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op

import schemas.tables

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # ADD COLUMN, not a copy of the table: SQLite takes columns that are nullable or have a
    # constant default as they are, and archives are large.
    op.add_column(
        "feed", sa.Column("fulltext", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    moment = schemas.tables.UtcDateTime(timezone=True)
    op.add_column("article", sa.Column("text", sa.Text(), nullable=True))
    op.add_column("article", sa.Column("text_state", sa.String(length=20), nullable=True))
    op.add_column("article", sa.Column("text_kind", sa.String(length=40), nullable=True))
    op.add_column("article", sa.Column("text_reason", sa.Text(), nullable=True))
    op.add_column("article", sa.Column("text_host", sa.String(length=255), nullable=True))
    op.add_column(
        "article", sa.Column("text_tries", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column("article", sa.Column("text_next_at", moment, nullable=True))
    op.create_index("ix_article_text_state_text_next_at", "article", ["text_state", "text_next_at"])
    op.create_index("ix_article_text_host_id", "article", ["text_host", "id"])


def downgrade() -> None:
    op.drop_index("ix_article_text_host_id", table_name="article")
    op.drop_index("ix_article_text_state_text_next_at", table_name="article")
    with op.batch_alter_table("article", recreate="never") as batch_op:
        for name in ("next_at", "tries", "host", "reason", "kind", "state"):
            batch_op.drop_column(f"text_{name}")
        batch_op.drop_column("text")
    with op.batch_alter_table("feed", recreate="never") as batch_op:
        batch_op.drop_column("fulltext")
