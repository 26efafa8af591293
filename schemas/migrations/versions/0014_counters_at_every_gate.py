"""counters at every gate, and how far each article was counted

Revision: 0014, after 0013.

Articles that are there already are never counted: of them it is not known what was counted where.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_GATES = (
    *("answered", "not_modified", "failed", "parsed", "refused", "known", "edited", "elsewhere"),
    *("new", "gated_cheap", "gated_full", "relevant", "relevant_later", "routed", "sent"),
)


def upgrade() -> None:
    op.create_table(
        "gate_count",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("feed_id", sa.BigInteger(), autoincrement=False, nullable=False),
        *(sa.Column(gate, sa.Integer(), server_default="0", nullable=False) for gate in _GATES),
        sa.PrimaryKeyConstraint("day", "feed_id", name=op.f("pk_gate_count")),
    )
    op.create_table(
        "passage",
        sa.Column("article_id", _BIG, nullable=False),
        sa.Column("reached", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["article.id"],
            name=op.f("fk_passage_article_id_article"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_passage")),
    )
    op.execute("INSERT INTO passage (article_id, reached) SELECT id, 'before' FROM article")


def downgrade() -> None:
    op.drop_table("passage")
    op.drop_table("gate_count")
