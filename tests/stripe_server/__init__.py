r"""A Stripe of our own, for tests and for demonstrations: real HTTP on loopback, no real money, no network.

It speaks the part of Stripe's first API that the platform uses, in the version that the installed SDK pins, with the
behaviours that matter to money: idempotency keys, slow and failing SEPA debits, disputes after weeks, refunds that come
back, Connect transfers, signed webhooks sent late, twice and out of order, and a clock that can be moved.

Nothing here imports Django or the Stripe SDK: the SDK is one of the judges (`tests/funds/payments`).

    python -m tests.stripe_server --port 12111 --webhook-url URL --webhook-secret whsec_… \
        [--state FILE] [--clock-file FILE]
"""

API_VERSION = "2026-10-28.endive"
PLATFORM_ACCOUNT = "acct_1FresPlatform00000"
