"""The Stripe test server, for statements of money that moved by the real operations."""

from tests.funds.payments.conftest import (  # noqa: F401 – fixtures
    _application,
    _running,
    application,
    gateway,
    payout_gateway,
    provider,
    server,
)
