"""keys by which a feed's item is known again under another address

Revision: 0006, after 0005.

Rows of before have none; they get them when their feed brings the item next.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("guid_key", "text_key"):
        op.add_column("sighting", sa.Column(name, sa.BigInteger(), nullable=True))
        op.create_index(f"ix_sighting_feed_id_{name}", "sighting", ["feed_id", name])


def downgrade() -> None:
    for name in ("guid_key", "text_key"):
        op.drop_index(f"ix_sighting_feed_id_{name}", table_name="sighting")
        with op.batch_alter_table("sighting", recreate="never") as batch_op:
            batch_op.drop_column(name)
