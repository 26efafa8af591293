"""where a feed is kept, pauses, and episodes of silence

Revision: 0008, after 0007.

Rows that are there came from the configuration, so that is their origin. The index on sightings
answers "when did this feed last bring something" without reading the others'.
"""

import sqlalchemy as sa
from alembic import op

import schemas.tables

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TIME = schemas.tables.UtcDateTime(timezone=True)
_COLUMNS = ("origin", "site", "paused_at", "paused_until", "paused_reason", "watched_since")


def upgrade() -> None:
    with op.batch_alter_table("feed", recreate="never") as batch:
        batch.add_column(
            sa.Column("origin", sa.String(length=20), nullable=False, server_default="config")
        )
        batch.add_column(sa.Column("site", sa.Text(), nullable=True))
        batch.add_column(sa.Column("paused_at", _TIME, nullable=True))
        batch.add_column(sa.Column("paused_until", _TIME, nullable=True))
        batch.add_column(sa.Column("paused_reason", sa.Text(), nullable=True))
        batch.add_column(sa.Column("watched_since", _TIME, nullable=True))
    op.create_index("ix_sighting_feed_id_seen_at", "sighting", ["feed_id", "seen_at"])
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "feed_episode",
        sa.Column("id", big, nullable=False),
        sa.Column("feed_id", big, nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("began_at", _TIME, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("told_at", _TIME, nullable=True),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.Column("end_told_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["feed.id"], name=op.f("fk_feed_episode_feed_id_feed"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_episode")),
        sa.UniqueConstraint("feed_id", "began_at", name=op.f("uq_feed_episode_feed_id_began_at")),
    )
    op.create_index("ix_feed_episode_ended_at", "feed_episode", ["ended_at"])


def downgrade() -> None:
    op.drop_table("feed_episode")
    op.drop_index("ix_sighting_feed_id_seen_at", table_name="sighting")
    with op.batch_alter_table("feed", recreate="never") as batch:
        for name in reversed(_COLUMNS):
            batch.drop_column(name)
