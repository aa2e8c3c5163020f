"""What `bin/run` and the doors refuse, each in one line, before anything is started."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from fres import run

ROOT = Path(__file__).resolve().parent.parent


def _door(tmp_path: Path, *, path: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Source the doors' environment in a bare copy of the working copy, with these programs at hand."""
    shutil.copytree(ROOT / "bin", tmp_path / "bin")
    shutil.copy(ROOT / "requirements.txt", tmp_path)
    door = tmp_path / "bin" / "door"
    door.write_text('#!/bin/sh\nREQUIREMENTS=requirements.txt\n. "$(dirname -- "$0")/_environment"\necho went on\n')
    return subprocess.run(
        ("/bin/sh", str(door)), env={"PATH": path, **environment}, capture_output=True, text=True, check=False
    )


def _python(tmp_path: Path, script: str) -> str:
    """Put a false `python3` first on a path of real programs; return the path."""
    directory = tmp_path / "false"
    directory.mkdir()
    program = directory / "python3"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return f"{directory}:{os.environ['PATH']}"


def test_a_python_too_old_is_refused_with_its_version(tmp_path):
    path = _python(tmp_path, 'case "$*" in *version_info*) exit 1;; *python_version*) echo 3.9.2;; esac')
    refused = _door(tmp_path, path=path)
    assert refused.returncode == 1
    assert refused.stderr == "FRES: Python 3.11 ou plus récent est nécessaire ; python3 est 3.9.2.\n"
    assert refused.stdout == ""


def test_no_python_at_all_is_refused(tmp_path):
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "dirname").symlink_to(shutil.which("dirname"))
    refused = _door(tmp_path, path=str(programs))
    assert refused.returncode == 1
    assert refused.stderr.startswith("FRES: python3 est introuvable")


def test_a_debian_without_venv_is_told_which_package_to_install(tmp_path):
    path = _python(tmp_path, 'case "$*" in *ensurepip*) exit 1;; esac')
    refused = _door(tmp_path, path=path)
    assert refused.returncode == 1
    assert refused.stderr == "FRES: venv module missing: apt-get install python3-venv\n"


def test_a_package_index_out_of_reach_is_told_in_one_line_and_tried_again(tmp_path):
    refused = _door(tmp_path, path=os.environ["PATH"], PIP_NO_INDEX="1")
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1].startswith("FRES: l'index des paquets est injoignable")
    assert (tmp_path / "var" / "pip.log").read_text()
    assert not (tmp_path / ".venv" / ".requirements").exists()


def test_a_port_already_taken_is_refused_with_the_way_out():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(run.Refused, match=f"le port {port} est déjà pris.*PORT={port + 1} bin/run"):
            run.require_port(port)


@pytest.mark.parametrize("text", ["", "abc", "0", "70000", "-1", "80.5"])
def test_a_port_that_is_none_is_refused(monkeypatch, text):
    monkeypatch.setenv("PORT", text)
    with pytest.raises(run.Refused, match="n’est pas un port"):
        run.chosen_port()


def test_a_database_that_does_not_answer_is_refused_in_one_line():
    with pytest.raises(run.Refused) as refusal:
        run.require_database("postgresql://nobody@127.0.0.1:9/fres")
    assert str(refusal.value).startswith("DATABASE_URL est refusée")
    assert "\n" not in str(refusal.value)


def test_a_database_address_that_is_none_is_refused():
    with pytest.raises(run.Refused, match="DATABASE_URL est refusée"):
        run.require_database("mysql://somebody@example.invalid/fres")


def test_a_second_run_in_the_same_working_copy_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(run, "VAR", tmp_path)
    with run.only_run_here(), pytest.raises(run.Refused, match="tourne déjà"), run.only_run_here():
        pass
    with run.only_run_here():
        pass


def test_a_command_that_fails_is_told_by_its_last_line():
    with pytest.raises(run.Refused) as refusal:
        run.manage("close_period", "--through", "2025", environment=dict(os.environ))
    assert str(refusal.value) == "« manage.py close_period --through 2025 » a échoué : " + (
        "CommandError: 2025 is not a month like 2025-12"
    )


def test_children_that_do_not_listen_are_ended_all_the_same(monkeypatch, tmp_path):
    monkeypatch.setattr(run, "VAR", tmp_path)
    children = run.Children()
    children.start("quiet", "sleep", "60", environment=dict(os.environ))
    children.start("stubborn", "sh", "-c", "trap '' TERM; sleep 60 & wait; wait", environment=dict(os.environ))
    assert children.ended() is None
    monkeypatch.setattr(run, "STOP_WITHIN", 0.5)
    children.stop()
    assert all(process.poll() is not None for process in children.processes.values())


def test_a_real_key_leaves_time_alone_and_starts_no_test_server(monkeypatch, tmp_path):
    monkeypatch.setattr(run, "VAR", tmp_path)
    monkeypatch.delenv("FRES_CLOCK_FILE", raising=False)
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_test_of_their_own")
    environment = run.environment_for(8000)
    assert "STRIPE_API_BASE" not in environment
    assert "FRES_CLOCK_FILE" not in environment
    monkeypatch.delenv("STRIPE_SECRET_KEY")
    environment = run.environment_for(8000)
    assert environment["STRIPE_API_BASE"].startswith("http://localhost:")
    assert environment["FRES_CLOCK_FILE"] == str(tmp_path / "clock.json")


def test_the_secrets_of_a_working_copy_are_made_once_and_read_by_their_owner_only(monkeypatch, tmp_path):
    monkeypatch.setattr(run, "VAR", tmp_path)
    assert run.kept_secrets() == run.kept_secrets()
    assert (tmp_path / "secrets.json").stat().st_mode & 0o077 == 0
