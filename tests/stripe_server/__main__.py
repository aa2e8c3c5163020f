"""Start the server: `python -m tests.stripe_server --port 12111 …`. It stops on SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path

from tests.stripe_server.http_layer import Emulator


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.stripe_server", description="A Stripe for tests: no real money.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=12111, help="0 takes a free one")
    parser.add_argument("--public-url", default="", help="how browsers reach this server (default: http://HOST:PORT)")
    parser.add_argument("--webhook-url", default="", help="where events are sent (default: nowhere)")
    parser.add_argument("--webhook-secret", default="whsec_demonstration")
    parser.add_argument("--state", type=Path, help="an SQLite file that keeps everything")
    parser.add_argument("--clock-file", type=Path, help="follow the application's clock")
    options = parser.parse_args()
    emulator = Emulator(**vars(options) | {"public_url": options.public_url.rstrip("/")})

    def stop(*_: object) -> None:
        threading.Thread(target=emulator.stop, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"Stripe test server on http://{options.host}:{emulator.port} (no real money)", flush=True)
    emulator.run()


if __name__ == "__main__":
    main()
