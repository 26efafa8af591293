"""alerts that change, messages of several stories, reactions, failures of the watch

Revision: 0009, after 0008.

A message may carry several alerts, so what carries what moves into a table of its own.

On SQLite a table that loses a column with a foreign key is made anew, and dropping the old one
takes along what refers to its rows. So the outbox is changed while nothing refers to it; stories,
to which much refers, only gain columns.
"""

import sqlalchemy as sa
from alembic import op

import schemas.tables

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_TIME = schemas.tables.UtcDateTime(timezone=True)
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.execute(
        "CREATE TABLE carried_before AS "
        "SELECT id AS outbox_id, alert_id FROM outbox WHERE alert_id IS NOT NULL"
    )
    with op.batch_alter_table("outbox") as batch:
        batch.add_column(
            sa.Column("action", sa.String(length=20), nullable=False, server_default="post")
        )
        batch.add_column(sa.Column("gathers", sa.String(length=200), nullable=True))
        batch.add_column(sa.Column("external_place", sa.Text(), nullable=True))
        batch.add_column(sa.Column("due_at", _TIME, nullable=True))
        batch.add_column(sa.Column("reactions_at", _TIME, nullable=True))
        batch.drop_constraint("fk_outbox_alert_id_alert", type_="foreignkey")
        batch.drop_column("alert_id")
    op.create_index("ix_outbox_thread_key", "outbox", ["thread_key"])
    op.create_index(
        "ix_outbox_channel_address_claimed_at", "outbox", ["channel", "address", "claimed_at"]
    )
    op.execute("UPDATE outbox SET due_at = created_at")
    _carried()
    _reaction()
    _watch_episode()
    with op.batch_alter_table("story", recreate="never") as batch:
        batch.add_column(sa.Column("merged_into", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("retracted_at", _TIME, nullable=True))
        batch.add_column(sa.Column("retracted_reason", sa.Text(), nullable=True))


def _carried() -> None:
    op.create_table(
        "carried",
        sa.Column("outbox_id", _BIG, nullable=False),
        sa.Column("alert_id", _BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["outbox_id"], ["outbox.id"], name="fk_carried_outbox_id_outbox", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alert.id"], name="fk_carried_alert_id_alert", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("outbox_id", "alert_id", name="pk_carried"),
    )
    op.execute(
        "INSERT INTO carried (outbox_id, alert_id) SELECT outbox_id, alert_id FROM carried_before"
    )
    op.drop_table("carried_before")
    op.create_index("ix_carried_alert_id", "carried", ["alert_id"])


def _reaction() -> None:
    op.create_table(
        "reaction",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("outbox_id", _BIG, nullable=False),
        sa.Column("user", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("right", sa.Boolean(), nullable=False),
        sa.Column("seen_at", _TIME, nullable=False),
        sa.Column("removed_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["outbox_id"], ["outbox.id"], name="fk_reaction_outbox_id_outbox", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_reaction"),
        sa.UniqueConstraint("outbox_id", "user", "name", name="uq_reaction_outbox_id_user_name"),
    )
    op.create_index("ix_reaction_outbox_id", "reaction", ["outbox_id"])
    op.create_index("ix_reaction_seen_at", "reaction", ["seen_at"])


def _watch_episode() -> None:
    op.create_table(
        "watch_episode",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("began_at", _TIME, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("told_at", _TIME, nullable=True),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.Column("end_told_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_watch_episode"),
        sa.UniqueConstraint(
            "kind", "subject", "began_at", name="uq_watch_episode_kind_subject_began_at"
        ),
    )
    op.create_index("ix_watch_episode_ended_at", "watch_episode", ["ended_at"])


def downgrade() -> None:
    with op.batch_alter_table("story", recreate="never") as batch:
        for name in ("retracted_reason", "retracted_at", "merged_into"):
            batch.drop_column(name)
    op.execute(
        "CREATE TABLE carried_before AS "
        "SELECT outbox_id, min(alert_id) AS alert_id FROM carried GROUP BY outbox_id"
    )
    for table in ("watch_episode", "reaction", "carried"):
        op.drop_table(table)
    op.drop_index("ix_outbox_channel_address_claimed_at", table_name="outbox")
    op.drop_index("ix_outbox_thread_key", table_name="outbox")
    with op.batch_alter_table("outbox") as batch:
        for name in ("reactions_at", "due_at", "external_place", "gathers", "action"):
            batch.drop_column(name)
        batch.add_column(sa.Column("alert_id", _BIG, nullable=True))
        batch.create_foreign_key(
            "fk_outbox_alert_id_alert", "alert", ["alert_id"], ["id"], ondelete="CASCADE"
        )
    op.execute(
        "UPDATE outbox SET alert_id = "
        "(SELECT alert_id FROM carried_before WHERE carried_before.outbox_id = outbox.id)"
    )
    op.drop_table("carried_before")
