"""One Stripe test server for the tests of payments, emptied before each of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

import pytest
import stripe

from funds.payments.stripe_gateway import StripeGateway
from tests.funds.payments.scenes import Provider, provider_at_now
from tests.stripe_server.process import StripeServer


@dataclass
class Application:
    """Stands for the platform's webhook: keeps what it receives, answers what the test says.

    Attributes:
        statuses: the next answers, in order; 200 once there are none left.
        received: the bytes and the signature of each request.
    """

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    received: list[tuple[bytes, str]] = field(default_factory=list)

    def forget(self) -> None:
        self.statuses.clear()
        self.received.clear()


class _Webhook(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        application: Application = cast(Any, self.server).application
        body = self.rfile.read(int(self.headers["Content-Length"]))
        application.received.append((body, self.headers["Stripe-Signature"]))
        self.send_response(application.statuses.pop(0) if application.statuses else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture(scope="session")
def _application() -> Iterator[Application]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Webhook)
    application = Application(url=f"http://127.0.0.1:{server.server_address[1]}/webhook")
    cast(Any, server).application = application
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield application
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def _running(_application: Application) -> Iterator[StripeServer]:
    with StripeServer(webhook_url=_application.url) as server:
        yield server


@pytest.fixture
def server(_running: StripeServer, _application: Application) -> StripeServer:
    _running.reset()
    _application.forget()
    return _running


@pytest.fixture
def application(server: StripeServer, _application: Application) -> Application:
    return _application


def client_of(server: StripeServer, key: str = "") -> stripe.StripeClient:
    """Return the SDK's own client, without retries, so that a refusal is seen as it is."""
    return stripe.StripeClient(
        key or server.secret_key,
        base_addresses={"api": server.url},
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=30, proxy={"http": "", "https": ""}),
    )


@pytest.fixture
def client(server: StripeServer) -> stripe.StripeClient:
    return client_of(server)


@pytest.fixture
def gateway(server: StripeServer) -> StripeGateway:
    return StripeGateway(
        secret_key=server.secret_key, webhook_secret=server.webhook_secret, api_base=server.url, live=False
    )


@pytest.fixture
def payout_gateway(server: StripeServer) -> StripeGateway:
    return StripeGateway(secret_key=server.payout_key, webhook_secret="", api_base=server.url, live=False)


@pytest.fixture
def provider(server: StripeServer, gateway: StripeGateway) -> Provider:
    """The test server and the gateway on one clock, at the demonstration's today. For tests with a database."""
    return provider_at_now(server, gateway)
