"""The Stripe test server and the gateways to it, as the tests of payments have them."""

from tests.funds.payments.conftest import (  # noqa: F401
    _application,
    _running,
    gateway,
    payout_gateway,
    provider,
    server,
)
