"""What operators did by hand: who, what, when.

Revision: 0015, after 0014.
"""

import sqlalchemy as sa
from alembic import op

import schemas.table_base

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "audit",
        sa.Column("id", key, nullable=False),
        sa.Column("at", schemas.table_base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"])
    # By which the operators' pages go on through feeds, and through what was sent.
    op.create_index("ix_feed_name_id", "feed", ["name", "id"])
    op.create_index("ix_outbox_sent_at_id", "outbox", ["sent_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_outbox_sent_at_id", table_name="outbox")
    op.drop_index("ix_feed_name_id", table_name="feed")
    op.drop_index(op.f("ix_audit_at"), table_name="audit")
    op.drop_table("audit")
