"""What people do on the payment provider's pages, pressed for them on the Stripe test server; never on the real one."""

import json
from dataclasses import dataclass
from urllib.request import ProxyHandler, Request, build_opener

_opener = build_opener(ProxyHandler({}))
ANSWERS_WITHIN = 30  # real seconds


@dataclass(frozen=True)
class ProviderPages:
    """The controls of the Stripe test server at an address. Each call first fires what became due on the shown clock.

    Raises, in every method: OSError: the server is away or refuses.
    """

    api_base: str

    def catch_up(self) -> None:
        """Let the banks answer whatever they had to answer by now."""
        self._ask("clock")

    def choose(self, checkout_id: str, outcome: str) -> None:
        """Press a button of the hosted payment page; authenticate when the bank asks for it."""
        self._ask("outcome", session=checkout_id, outcome=outcome)
        if outcome == "card_challenge":
            self._ask("outcome", session=checkout_id, authenticate=True)

    def verify_payee(self, account_id: str, *, is_verified: bool = True) -> None:
        """The payee has answered the provider's questions: their account may receive; or it no longer may."""
        self._ask("accounts", account=account_id, is_verified=is_verified)

    def contest(self, intent_id: str) -> None:
        """The payer contests a payment at their bank, which takes it back."""
        self._ask("dispute", intent=intent_id)

    def close_dispute(self, dispute_id: str) -> None:
        """The bank ends a dispute in our favour: it gives the money back."""
        self._ask("dispute", dispute=dispute_id, is_won=True)

    def fund(self, cents: int) -> None:
        """Add our own money, in cents, to what the provider holds for us."""
        self._ask("fund", amount=cents)

    def _ask(self, control: str, **values: object) -> None:
        body = json.dumps(values).encode() if values else None
        address = f"{self.api_base.rstrip('/')}/_test/{control}"
        with _opener.open(Request(address, data=body), timeout=ANSWERS_WITHIN) as answer:
            answer.read()
