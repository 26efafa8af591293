"""reports on agreements, corrections and decisions by hand; where an agreement began

Revision: 0010, after 0009.

The timeline is derived from reports. A step may rest on a correction, which has no story, and it
outlives its story's row.
"""

import sqlalchemy as sa
from alembic import op

import schemas.tables

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_TIME = schemas.tables.UtcDateTime(timezone=True)
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_STORY = "fk_stage_transition_story_id_story"


def upgrade() -> None:
    _agreement()
    _report()
    _correction()
    _decision()
    with op.batch_alter_table("stage_transition") as batch:
        batch.drop_constraint(_STORY, type_="foreignkey")
        batch.alter_column("story_id", existing_type=_BIG, nullable=True)


def _agreement() -> None:
    # Much refers to an agreement, so its table is never made anew on SQLite.
    op.add_column(
        "agreement",
        sa.Column("seed_stage", sa.String(length=20), nullable=False, server_default="none"),
    )
    op.add_column("agreement", sa.Column("seed_at", _TIME, nullable=True))
    op.add_column(
        "agreement",
        sa.Column("unsettled", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def _report() -> None:
    op.create_table(
        "agreement_report",
        sa.Column("article_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("story_id", sa.BigInteger(), nullable=False),
        sa.Column("agreement_id", sa.String(length=80), nullable=True),
        sa.Column("proposal", sa.String(length=120), nullable=True),
        sa.Column("parties", sa.JSON(), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("instrument", sa.String(length=40), nullable=True),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("certainty", sa.String(length=20), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("tier", sa.Integer(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("money", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agreement_id"],
            ["agreement.id"],
            name="fk_agreement_report_agreement_id_agreement",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("article_id", name="pk_agreement_report"),
    )
    for columns in (["agreement_id", "at"], ["proposal"], ["story_id"]):
        name = f"ix_agreement_report_{'_'.join(columns)}"
        op.create_index(name, "agreement_report", columns)


def _correction() -> None:
    op.create_table(
        "agreement_correction",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("agreement_id", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("at", _TIME, nullable=True),
        sa.Column("article_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("undone_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["agreement_id"],
            ["agreement.id"],
            name="fk_agreement_correction_agreement_id_agreement",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_agreement_correction"),
    )
    op.create_index(
        "ix_agreement_correction_agreement_id", "agreement_correction", ["agreement_id"]
    )


def _decision() -> None:
    op.create_table(
        "agreement_decision",
        sa.Column("proposal", sa.String(length=120), nullable=False),
        sa.Column("decision", sa.String(length=20), nullable=False),
        sa.Column("agreement_id", sa.String(length=80), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["agreement_id"],
            ["agreement.id"],
            name="fk_agreement_decision_agreement_id_agreement",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("proposal", name="pk_agreement_decision"),
    )


def downgrade() -> None:
    op.execute(
        "DELETE FROM stage_transition WHERE story_id IS NULL "
        "OR story_id NOT IN (SELECT id FROM story)"
    )
    with op.batch_alter_table("stage_transition") as batch:
        batch.alter_column("story_id", existing_type=_BIG, nullable=False)
        batch.create_foreign_key(_STORY, "story", ["story_id"], ["id"], ondelete="CASCADE")
    for table in ("agreement_decision", "agreement_correction", "agreement_report"):
        op.drop_table(table)
    for name in ("unsettled", "seed_at", "seed_stage"):
        op.drop_column("agreement", name)
