"""Archives on disk: mailboxes and maildirs, read piece by piece."""

import pytest

from gateway.mail.errors import MailError
from gateway.runtime.archives import Maildir, Mbox

FROM = b"From x@y Mon Mar  2 09:00:00 2026\n"


def test_a_mailbox_gives_its_mails_as_they_were(tmp_path):
    path = tmp_path / "box"
    path.write_bytes(FROM + b"Subject: a\n\n>From x\n\n" + FROM + b"Subject: b\n\ny\n")
    found = [entry.octets() for entry in Mbox(path).entries()]
    assert found == [b"Subject: a\r\n\r\nFrom x\r\n", b"Subject: b\r\n\r\ny\r\n"]


def test_a_line_without_an_end_is_read_in_pieces(tmp_path):
    path = tmp_path / "box"
    text = b"Subject: a\n\n" + b"From " * 100_000 + b"\n"
    path.write_bytes(FROM + text + b"\n" + FROM + b"Subject: b\n\ny\n")
    assert [entry.size for entry in Mbox(path).entries()] == [len(text), 14]


def test_a_maildir_gives_its_folders_too_and_quotes_nothing(tmp_path):
    for place, name in (("cur", "2"), ("new", "1"), (".Sent/cur", "3"), ("tmp", "4")):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / name).write_bytes(b"Subject: %b\n\n>From x\n" % name.encode())
    archive = Maildir(tmp_path)
    found = [entry.octets() for entry in archive.entries()]
    assert found == [b"Subject: %d\r\n\r\n>From x\r\n" % number for number in (2, 1, 3)]
    assert archive.size == 3 * len(b"Subject: 1\n\n>From x\n")


@pytest.mark.parametrize("form", [Mbox, Maildir])
def test_what_is_no_archive_is_the_files_fault(tmp_path, form):
    path = tmp_path / "thing"
    if form is Mbox:
        path.write_bytes(b"PK\3\4")
    else:
        path.mkdir()
    with pytest.raises(MailError):
        list(form(path).entries())
