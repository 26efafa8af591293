"""The preview folder: a readable file for each message."""

import base64

from pipeline.notify.email import email_payload
from pipeline.notify.preview import PreviewSender
from schemas.alert import Action, Channel, Retry, Sent
from tests.notify_shapes import NOW, message, rendered


def preview(**given):
    given = {"key": "major:new:12", "payload": {"title": "Kyiv signs!", "text": "Текст\n"}} | given
    return message(Channel.PREVIEW, **given)


def test_a_message_is_a_file_named_by_key_and_title(tmp_path):
    delivery = PreviewSender(tmp_path / "outbox").send(preview())
    path = tmp_path / "outbox" / "major.new.12--kyiv-signs.txt"
    assert delivery == Sent(external_id=str(path))
    assert path.read_text(encoding="utf-8") == "Текст\n"


def test_the_same_message_has_the_same_file_and_nothing_else_is_left(tmp_path):
    sender = PreviewSender(tmp_path)
    assert sender.send(preview()) == sender.send(preview())
    assert [path.name for path in tmp_path.iterdir()] == ["major.new.12--kyiv-signs.txt"]


def test_a_reply_is_a_file_beside_that_names_its_thread(tmp_path):
    sender = PreviewSender(tmp_path)
    sender.send(preview())
    told = sender.send(preview(key="major:outlet:12:9", thread_key="major:new:12"))
    assert isinstance(told, Sent)
    assert told.external_id.endswith("major.outlet.12.9--kyiv-signs.txt")
    assert "In reply to major:new:12" in (tmp_path / told.external_id).read_text(encoding="utf-8")


def test_an_edit_is_written_over_the_file_of_the_first_message(tmp_path):
    sender = PreviewSender(tmp_path)
    first = sender.send(preview())
    edit = preview(
        key="major:update:12:1", payload={"title": "Kyiv ratifies", "text": "Now ratified\n"},
        action=Action.UPDATE, thread_key="major:new:12", thread_id=first.external_id,
    )  # fmt: skip
    assert sender.send(edit) == first
    assert [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()] == ["Now ratified\n"]


def test_an_edit_of_what_is_not_in_the_folder_is_a_file_of_its_own(tmp_path):
    other = tmp_path / "other.txt"
    other.write_text("kept")
    folder = tmp_path / "outbox"
    for thread_id in (None, str(other), str(folder / ".." / "other.txt")):
        edit = preview(action=Action.UPDATE, thread_key="k", thread_id=thread_id)
        told = PreviewSender(folder).send(edit)
        assert told == Sent(external_id=str(folder / "major.new.12--kyiv-signs.txt"))
    assert other.read_text() == "kept"


def test_a_key_cannot_lead_out_of_the_folder(tmp_path):
    folder = tmp_path / "outbox"
    for key in ("../../evil", "/etc/evil", ".hidden", "a/b", "", "k" * 300):
        told = PreviewSender(folder).send(preview(key=key))
        assert isinstance(told, Sent)
    assert len(list(folder.iterdir())) == 6
    assert list(tmp_path.iterdir()) == [folder]


def test_a_digest_is_text_and_a_page_with_its_images_in_it(tmp_path):
    edition = rendered()
    payload = email_payload(edition, sender="a@example.org", recipients=["b@x.org"], sent_at=NOW)
    told = PreviewSender(tmp_path).send(message(Channel.PREVIEW, key="digest:1", payload=payload))
    assert isinstance(told, Sent)
    page = (tmp_path / told.external_id).read_text(encoding="utf-8")
    image = base64.b64encode(edition.images[0][1]).decode()
    assert f'src="data:image/png;base64,{image}"' in page
    assert len(list(tmp_path.glob("*.txt"))) == 1


def test_a_folder_that_cannot_be_written_is_a_retry_that_names_it(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    delivery = PreviewSender(blocked / "outbox").send(preview())
    assert isinstance(delivery, Retry)
    assert str(blocked) in delivery.reason
