"""the rhythm of a feed, its publisher's wishes, its death and its moves

Revision: 0005, after 0004.

Never by copying the table: SQLite would take the drop of the old one for the end of every feed, and
its sightings and polls would go with it.
"""

import sqlalchemy as sa
from alembic import op

import schemas.tables

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    time = schemas.tables.UtcDateTime(timezone=True)
    with op.batch_alter_table("feed", recreate="never") as batch_op:
        for name in ("gap_s", "shown", "ttl_s", "period_s"):
            batch_op.add_column(sa.Column(name, sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("window_s", sa.Double(), nullable=True))
        for name in ("skip_hours", "skip_days"):
            batch_op.add_column(sa.Column(name, sa.JSON(), nullable=False, server_default="[]"))
        for name in ("failing_since", "dead_since", "moving_since", "moved_at"):
            batch_op.add_column(sa.Column(name, time, nullable=True))
        batch_op.add_column(sa.Column("moving_to", sa.Text(), nullable=True))
        batch_op.add_column(
            sa.Column("moving_seen", sa.Integer(), nullable=False, server_default="0")
        )


def downgrade() -> None:
    with op.batch_alter_table("feed", recreate="never") as batch_op:
        for name in (
            *("moving_seen", "moving_to", "moved_at", "moving_since", "dead_since"),
            *("failing_since", "skip_days", "skip_hours"),
            *("period_s", "ttl_s", "shown", "window_s", "gap_s"),
        ):
            batch_op.drop_column(name)
