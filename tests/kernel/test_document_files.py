import hashlib

import pytest

from fres.kernel.document_files import path_of, store_bytes, store_many


@pytest.fixture(autouse=True)
def elsewhere(settings, tmp_path):
    settings.DOCUMENT_ROOT = tmp_path
    return tmp_path


def files(root):
    return sorted(path.name for path in root.rglob("*") if path.is_file())


def test_contents_are_kept_under_their_hashes_in_order(elsewhere):
    contents = [b"a", b"b", b"a", b""]
    hashes = store_many(contents)
    assert hashes == [hashlib.sha256(content).hexdigest() for content in contents]
    assert [path_of(sha256).read_bytes() for sha256 in hashes] == contents
    assert files(elsewhere) == sorted(set(hashes))


def test_the_same_bytes_again_write_nothing():
    sha256 = store_bytes(b"a")
    written = path_of(sha256).stat().st_mtime_ns
    assert store_bytes(b"a") == sha256
    assert path_of(sha256).stat().st_mtime_ns == written


def test_a_file_cut_short_is_written_again():
    sha256 = store_bytes(b"abc")
    path_of(sha256).write_bytes(b"ab")
    store_bytes(b"abc")
    assert path_of(sha256).read_bytes() == b"abc"


def test_an_error_leaves_no_draft_behind(elsewhere, monkeypatch):
    def refuse(*paths):
        raise OSError("no space left")

    monkeypatch.setattr("os.replace", refuse)
    with pytest.raises(OSError, match="no space"):
        store_many([b"a", b"b"])
    assert files(elsewhere) == []
