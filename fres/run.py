"""What `bin/run` does once the environment stands: prepare, start, print the addresses, stop everything.

Each refusal is one line. Children run in their own process groups and are all ended before we are; the embedded
database is stopped last, if it is ours.
"""

import contextlib
import fcntl
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from urllib.error import URLError
from urllib.request import urlopen

from fres import embedded_database

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = BASE_DIR / "var"
PYTHON = sys.executable
STOP_WITHIN = 8.0  # seconds a child is given to end by itself


class Refused(Exception):
    """A reason not to start, told to the operator in one line."""


class Children:
    """The processes of one run: started together, watched together, ended together."""

    def __init__(self) -> None:
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *command: str, environment: dict[str, str]) -> None:
        with (VAR / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command,
                cwd=BASE_DIR,
                env=environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def stop_one(self, name: str) -> None:
        """End one child, the hard way if it does not listen."""
        process = self.processes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        _wait_or_kill(process, STOP_WITHIN)

    def ended(self) -> str | None:
        return next((name for name, process in self.processes.items() if process.poll() is not None), None)

    def stop(self) -> None:
        for process in reversed(self.processes.values()):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_WITHIN
        for process in self.processes.values():
            _wait_or_kill(process, max(0.1, deadline - time.monotonic()))


def _wait_or_kill(process: subprocess.Popen[bytes], seconds: float) -> None:
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def say(line: str) -> None:
    print(line, flush=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def require_port(port: int, *, is_ours: bool = False) -> None:
    """Raises: Refused: somebody listens on that port. `is_ours`: the operator did not choose it, we did."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            remedy = "FRES_STRIPE_PORT=… bin/run" if is_ours else f"PORT={port + 1} bin/run"
            raise Refused(f"le port {port} est déjà pris ; choisissez-en un autre : {remedy}") from error


def chosen_port() -> int:
    """Return the port asked for, 8000 by default. Raises: Refused: it is no port."""
    text = os.environ.get("PORT", "8000")
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65_536:
        raise Refused(f"PORT={text} n’est pas un port : donnez un nombre entre 1 et 65535")
    return int(text)


@contextlib.contextmanager
def only_run_here() -> Iterator[None]:
    """Hold this working copy: two runs would share a database, a clock and a payment provider.

    Raises: Refused: another run holds it.
    """
    with (VAR / "run.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refused("bin/run tourne déjà dans ce dossier ; arrêtez-le d’abord (Ctrl-C)") from error
        yield


def kept_secrets() -> dict[str, str]:
    """Return this working copy's own secrets, made once and readable by their owner only."""
    file = VAR / "secrets.json"
    if not file.exists():
        from cryptography.fernet import Fernet

        values = {
            "FRES_SECRET_KEY": secrets.token_urlsafe(60),
            "FRES_FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "STRIPE_WEBHOOK_SECRET": "whsec_" + secrets.token_hex(24),
            "FRES_STRIPE_PORT": str(free_port()),
        }
        file.touch(mode=0o600)
        file.write_text(json.dumps(values, indent=1))
    return dict(json.loads(file.read_text()))


def require_database(url: str) -> None:
    import psycopg

    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.Error as error:
        reason = " ".join(str(error).split())
        raise Refused(f"DATABASE_URL est refusée : {reason}") from error


def environment_for(port: int) -> dict[str, str]:
    values = {**kept_secrets(), **os.environ}
    values.setdefault("FRES_DEMONSTRATION", "1")
    values.setdefault("FRES_SITE_URL", f"http://localhost:{port}")
    values["DJANGO_SETTINGS_MODULE"] = "fres.settings"
    values["PYTHONUNBUFFERED"] = "1"
    if "STRIPE_SECRET_KEY" not in os.environ:  # the provider is then ours, and follows our clock
        values["STRIPE_API_BASE"] = f"http://localhost:{values['FRES_STRIPE_PORT']}"
        values.setdefault("FRES_CLOCK_FILE", str(VAR / "clock.json"))
    return values


def manage(*arguments: str, environment: dict[str, str], quiet: bool = True) -> None:
    """Run one management command; its last lines tell why when it fails."""
    result = subprocess.run(
        (PYTHON, "manage.py", *arguments), cwd=BASE_DIR, env=environment, capture_output=quiet, text=True, check=False
    )
    if result.returncode != 0:
        detail = ((result.stderr or "") + (result.stdout or "")).strip().splitlines()[-1:] or ["voir ci-dessus"]
        raise Refused(f"« manage.py {' '.join(arguments)} » a échoué : {detail[0]}")


def wait_for(url: str, children: Children, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if (name := children.ended()) is not None:
            raise Refused(f"« {name} » s'est arrêté ; détail dans var/{name}.log")
        try:
            with urlopen(url, timeout=2):
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise Refused(f"{url} n'a pas répondu en {seconds:.0f} s ; détail dans var/")


def start_stripe(children: Children, environment: dict[str, str], *, webhook_url: str = "") -> None:
    """Start the Stripe test server; without an address for its events, it sends none and keeps none to send."""
    stripe_port = int(environment["FRES_STRIPE_PORT"])
    children.start(
        "stripe", PYTHON, "-m", "tests.stripe_server", "--port", str(stripe_port), "--webhook-url", webhook_url,
        "--webhook-secret", environment["STRIPE_WEBHOOK_SECRET"],
        "--state", str(VAR / "stripe-state"), "--clock-file", environment["FRES_CLOCK_FILE"],
        environment=environment,
    )  # fmt: skip
    wait_for(f"http://localhost:{stripe_port}/_test/clock", children)


def serve(port: int, children: Children) -> None:
    environment = environment_for(port)
    owner = {**environment, "FRES_AS_OWNER": "1"}
    if "DATABASE_URL" in os.environ:
        require_database(os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"])
    say("FRES : base de données…")
    manage("prepare_database", "--migrate", environment=owner)
    has_test_provider = "STRIPE_SECRET_KEY" not in os.environ
    if has_test_provider:
        require_port(int(environment["FRES_STRIPE_PORT"]), is_ours=True)
        start_stripe(children, environment)
    say("FRES : région de démonstration (quelques minutes la première fois)…")
    manage("demo", environment=environment, quiet=False)
    if has_test_provider:  # the story asked for what it wanted to know: only what happens from now on is told
        children.stop_one("stripe")
        start_stripe(children, environment, webhook_url=f"http://localhost:{port}/paiement/webhook/")
    children.start(
        "worker", PYTHON, "manage.py", "procrastinate", "worker", "--concurrency", "2", environment=environment
    )
    children.start(
        "web", PYTHON, "-m", "gunicorn", "fres.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4",
        "--access-logfile", "-", environment=environment,
    )  # fmt: skip
    manage("demo_accounts", environment=environment, quiet=False)  # while the others start
    wait_for(f"http://localhost:{port}/sante/", children)
    say(f"\nFRES est servi sur {environment['FRES_SITE_URL']}  (Ctrl-C pour tout arrêter)")
    while (name := children.ended()) is None:
        time.sleep(0.5)
    raise Refused(f"« {name} » s'est arrêté ; détail dans var/{name}.log")


def main() -> int:
    VAR.mkdir(exist_ok=True)
    children = Children()

    def interrupted(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # a shell starts what runs behind with SIGINT ignored
        signal.signal(one, interrupted)
    is_database_ours = "DATABASE_URL" not in os.environ and not embedded_database.is_running(BASE_DIR)
    try:
        port = chosen_port()
        with only_run_here():
            require_port(port)
            try:
                serve(port, children)
            finally:
                for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                    signal.signal(one, signal.SIG_IGN)  # a second Ctrl-C would leave orphans
                children.stop()
                if is_database_ours:
                    embedded_database.stop(BASE_DIR)
    except Refused as refusal:
        say(f"FRES : {refusal}")
        return 1
    except KeyboardInterrupt:
        say("\nFRES : arrêt…")
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
