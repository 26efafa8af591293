"""the index of story keys covers the look-up

Revision: 0002, after 0001.

With the story's id in the index, candidates are counted from it alone: a common key stands in
hundreds of rows, and each was a page of the table to read.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_story_key_key_at_story_id", "story_key", ["key", "at", "story_id"])
    op.drop_index("ix_story_key_key_at", table_name="story_key")


def downgrade() -> None:
    op.create_index("ix_story_key_key_at", "story_key", ["key", "at"])
    op.drop_index("ix_story_key_key_at_story_id", table_name="story_key")
