"""editions with their kind and pictures; the list ``daily`` is called ``default``

Revision: 0012, after 0010.

There was one list, called ``daily``; in digest.yaml it is now the list ``default``, and its
editions go on where they ended.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Column by column: to copy the table would take the messages along that hang on it.
    op.add_column(
        "edition", sa.Column("kind", sa.String(length=10), nullable=False, server_default="daily")
    )
    op.add_column("edition", sa.Column("images", sa.JSON(), nullable=True))
    op.execute("UPDATE edition SET list_name = 'default' WHERE list_name = 'daily'")


def downgrade() -> None:
    op.execute("UPDATE edition SET list_name = 'daily' WHERE list_name = 'default'")
    op.drop_column("edition", "images")
    op.drop_column("edition", "kind")
