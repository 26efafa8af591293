"""Which side each reading takes on each theme, in a column of its own.

Revision: 0016, after 0015.

The scorecard counts thousands of readings, of which it needs a word a theme: to take it out of the
JSON of each reading was most of its time. Filled are the readings that it may come to count, those
of relevant articles and of articles in stories.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_COUNTED = "(relevant OR article_id IN (SELECT article_id FROM story_article))"
_FILL = {
    "postgresql": """
        UPDATE assessment SET sides = (
          SELECT coalesce(
            json_object_agg(t.value ->> 'id', coalesce(t.value #>> '{polarity,side}', 'neutral')),
            '{}')
          FROM json_array_elements(reading -> 'themes') AS t)
        WHERE json_typeof(reading -> 'themes') = 'array' AND """,
    "sqlite": """
        UPDATE assessment SET sides = (
          SELECT json_group_object(
            json_extract(t.value, '$.id'),
            coalesce(json_extract(t.value, '$.polarity.side'), 'neutral'))
          FROM json_each(reading, '$.themes') AS t)
        WHERE json_type(reading, '$.themes') = 'array' AND """,
}


def upgrade() -> None:
    # A constant default: neither database writes the rows anew for it.
    op.add_column(
        "assessment", sa.Column("sides", sa.JSON(), nullable=False, server_default=sa.text("'{}'"))
    )
    op.execute(_FILL[op.get_bind().dialect.name] + _COUNTED)


def downgrade() -> None:
    op.drop_column("assessment", "sides")
