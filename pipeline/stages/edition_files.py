"""The archive of editions as files: ``var/editions/LIST/DATE.html``, made again where missing."""

from datetime import date, timedelta
from pathlib import Path

from pipeline.notify.email import email_payload
from pipeline.notify.preview import html_with_images, write_whole
from pipeline.stages.context import Context
from pipeline.store import editions
from pipeline.store.editions import Edition

KEPT_TRUE = timedelta(days=31)
"""Files of editions this old are looked for at each run; older ones are made by hand."""


def edition_path(context: Context, list_name: str, day: date) -> Path:
    """Where the page of that edition is."""
    return context.settings.editions_dir / list_name / f"{day}.html"


def edition_page(context: Context, edition: Edition) -> str:
    """The page of an edition as it was made, its pictures written into it."""
    return html_with_images(
        email_payload(
            edition.rendered,
            sender=context.settings.digest_from,
            recipients=(),
            sent_at=context.now,
        )
    )


def make_missing(context: Context) -> list[Path]:
    """Write the pages that are not there, from their rows; returns their paths.

    Raises:
        OSError: the folder cannot be written to.
    """
    since = context.now.date() - KEPT_TRUE
    with context.database.read() as session:
        wanted = {
            (name, day): edition_path(context, name, day)
            for name, day in editions.editions_since(since, session=session)
        }
        made = []
        for (name, day), path in wanted.items():
            if path.exists():
                continue
            edition = editions.get_edition(name, day, session=session)
            if edition is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                write_whole(path, edition_page(context, edition))
                made.append(path)
    return made
