"""the entries that a feed had at its last reading

Revision: 0003, after 0002.

By these marks the next reading knows an entry again and does not parse it. A feed without them is
parsed as a whole, so rows of before need none.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("feed", recreate="never") as batch:
        batch.add_column(sa.Column("items", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("feed", recreate="never") as batch:
        batch.drop_column("items")
