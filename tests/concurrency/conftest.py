"""The Stripe test server of the tests of payments, with the restricted key of payouts."""

from tests.funds.payments.conftest import (  # noqa: F401 – fixtures
    _application,
    _running,
    application,
    gateway,
    payout_gateway,
    provider,
    server,
)
