"""The preview channel: a readable file for each message, for those who have no token yet."""

import base64
import hashlib
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.log import get_logger
from pipeline.notify.text import slug
from schemas.alert import Action, Delivery, OutboxMessage, Retry, Sent

log = get_logger(__name__)


class PreviewSender:
    """Writes messages into a folder. The same message always has the same file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: OutboxMessage) -> Delivery:
        """Write ``message`` whole or not at all; an unwritable folder is a Retry that names it.

        An edit is written over the file of the message that it edits.
        """
        payload = message.payload
        text = str(payload.get("text", ""))
        path = self._folder / f"{_stem(message)}.txt"
        if message.action is Action.UPDATE:
            path = self._edited(message) or path
        elif message.thread_key is not None:
            text = f"In reply to {message.thread_key}\n\n{text}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_whole(path, text)
            if "html" in payload:
                path = path.with_suffix(".html")
                write_whole(path, html_with_images(payload))
        except OSError as error:
            return Retry(f"{error.filename or path}: cannot be written: {error.strerror or error}")
        log.info("preview_written", key=message.key, path=str(path))
        return Sent(external_id=str(path))

    def _edited(self, message: OutboxMessage) -> Path | None:
        """The file of the first message, where it is known and in this folder."""
        if message.thread_id is None:
            return None
        path = Path(message.thread_id)
        return path if path.parent == self._folder and path.suffix == ".txt" else None


def html_with_images(payload: Mapping[str, Any]) -> str:
    """Return the HTML of an e-mail payload with its ``cid:`` images written into it."""
    html = str(payload["html"])
    images: Mapping[str, str] = payload.get("images") or {}
    for cid, encoded in images.items():
        kind = base64.b64decode(encoded[:16])[:4]
        mime = "image/png" if kind == b"\x89PNG" else "application/octet-stream"
        html = html.replace(f"cid:{cid}", f"data:{mime};base64,{encoded}")
    return html


def _stem(message: OutboxMessage) -> str:
    """A name from key and title; a key with characters that a name cannot have gets its hash."""
    title = str(message.payload.get("title") or message.payload.get("subject") or "")
    name = message.key.replace(":", ".")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}", name):
        digest = hashlib.sha256(message.key.encode()).hexdigest()[:12]
        name = f"{slug(message.key, 80)}-{digest}"
    told = slug(title)
    return f"{name}--{told}" if told else name


def write_whole(path: Path, text: str) -> None:
    """Write to a file beside it and rename, so that a reader never sees half a message."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
