"""Is our Stripe a Stripe? The judges are the official SDK's annotations, Stripe's published fixtures, and its rules."""

from __future__ import annotations

import base64
import json
import re
import sys
import threading
import time
import typing
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import stripe
from stripe._transfer_reversal import TransferReversal

from tests.funds.payments.conftest import Application, client_of
from tests.stripe_server import API_VERSION, forms
from tests.stripe_server.api import FAMILIES
from tests.stripe_server.forms import decode
from tests.stripe_server.http_layer import Emulator
from tests.stripe_server.objects import charges, checkout, connect, disputes, intents, payers
from tests.stripe_server.objects.balance import PAYOUT_CREATE
from tests.stripe_server.outcomes import OUTCOMES
from tests.stripe_server.process import ControlRefused, StripeServer

FIXTURES = json.loads((Path(__file__).parents[3] / "data/stripe/fixtures3-subset.json").read_text(encoding="utf-8"))
CLASSES: dict[str, type] = {
    "account": stripe.Account,
    "account_link": stripe.AccountLink,
    "balance": stripe.Balance,
    "balance_transaction": stripe.BalanceTransaction,
    "charge": stripe.Charge,
    "checkout.session": stripe.checkout.Session,
    "customer": stripe.Customer,
    "dispute": stripe.Dispute,
    "event": stripe.Event,
    "item": stripe.LineItem,
    "mandate": stripe.Mandate,
    "payment_intent": stripe.PaymentIntent,
    "payment_method": stripe.PaymentMethod,
    "payout": stripe.Payout,
    "refund": stripe.Refund,
    "setup_intent": stripe.SetupIntent,
    "transfer": stripe.Transfer,
    "transfer_reversal": TransferReversal,
}
LISTS = [address for family in FAMILIES for _, address, _ in getattr(family, "RESOURCES", [])]
SUCCESS, CANCEL = "http://site.test/ok?s={CHECKOUT_SESSION_ID}", "http://site.test/no"


def session_params(**changes: Any) -> Any:
    price = {"currency": "eur", "unit_amount": 10_000, "product_data": {"name": "Prêt à Soleil de Gohelle"}}
    return {
        "mode": "payment",
        "line_items": [{"price_data": price, "quantity": 1}],
        "allowed_payment_method_types": ["card", "sepa_debit"],
        "success_url": SUCCESS,
        "cancel_url": CANCEL,
        "customer_email": "saver@example.org",
        "payment_intent_data": {"transfer_group": "offer-1", "metadata": {"reference": "payment-1"}},
    } | changes


def paid(client: stripe.StripeClient, server: StripeServer, outcome: str, **changes: Any) -> str:
    """Open a session and press a button. Returns: the id of the intent."""
    session = client.v1.checkout.sessions.create(session_params(**changes))
    return str(server.choose(session.id, outcome)["intent"])


def ask(server: StripeServer, path: str, *, form: str | None = None, **headers: str) -> tuple[int, Any, Any]:
    """Ask without the SDK. Returns: status, headers, decoded body."""
    head = {"Authorization": f"Bearer {server.secret_key}"}
    head |= {name.replace("_", "-"): value for name, value in headers.items()}
    data = form.encode() if form is not None else None
    request = urllib.request.Request(server.url + path, data=data, headers=head)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as answer:
            return answer.status, answer.headers, json.loads(answer.read())
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.headers, json.loads(refusal.read())


def live_through_everything(client: stripe.StripeClient, server: StripeServer) -> None:
    """Bring every kind of object into every state."""
    server.fund(1_000_000)
    for outcome, plan in OUTCOMES.items():
        intent_id = paid(client, server, outcome)
        if plan.then == "challenge":
            session = client.v1.checkout.sessions.list({"payment_intent": intent_id}).data[0]
            server.authenticate(session.id, is_authenticated=False)
            server.choose(session.id, "card_challenge")
    setup: Any = {"mode": "setup", "currency": "eur", "success_url": SUCCESS}
    for means in ("card_paid", "sepa_paid"):
        session = client.v1.checkout.sessions.create(setup)
        server.choose(session.id, means)
    client.v1.checkout.sessions.create(session_params())
    session = client.v1.checkout.sessions.create(session_params())
    client.v1.checkout.sessions.expire(session.id)
    customer = client.v1.customers.create({"email": "saver@example.org", "name": "Saver"})
    client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    intent = client.v1.payment_intents.create({"amount": 500, "currency": "eur"})
    client.v1.payment_intents.cancel(intent.id)
    server.advance(days=6)
    for charge in client.v1.charges.list({"limit": 100}).data:
        if charge.paid:
            client.v1.refunds.create({"charge": charge.id, "amount": 1_000})
    account = client.v1.accounts.create({"country": "FR", "capabilities": {"transfers": {"requested": True}}})
    server.verify_account(account.id)
    transfer = client.v1.transfers.create({"amount": 700, "currency": "eur", "destination": account.id})
    client.v1.transfers.reversals.create(transfer.id, {"amount": 300})
    for outcome in ("paid", "failed"):
        client.v1.payouts.create({"amount": 900, "currency": "eur", "metadata": {"test_outcome": outcome}})
    server.advance(days=30)
    won = next(one for one in client.v1.disputes.list({"limit": 100}).data if one.status == "needs_response")
    server.end_dispute(won.id, is_won=True)
    server.advance(days=30)


@pytest.fixture
def everything(client: stripe.StripeClient, server: StripeServer) -> list[dict[str, Any]]:
    """Every object that the server can answer, events and their contents included."""
    live_through_everything(client, server)
    found: list[dict[str, Any]] = [ask(server, "/v1/balance")[2]]
    for address in [*LISTS, "/v1/events"]:
        page = ask(server, f"{address}?limit=100")[2]
        found += page["data"]
        while page["has_more"]:
            page = ask(server, f"{address}?limit=100&starting_after={page['data'][-1]['id']}")[2]
            found += page["data"]
    found += [event["data"]["object"] for event in found if event["object"] == "event"]
    account = next(one["id"] for one in found if one["object"] == "account")
    form = f"account={account}&type=account_onboarding&refresh_url=http://a.test&return_url=http://b.test"
    found.append(ask(server, "/v1/account_links", form=form)[2])
    session = next(one["id"] for one in found if one["object"] == "checkout.session" and one["mode"] == "payment")
    found += ask(server, f"/v1/checkout/sessions/{session}/line_items")[2]["data"]
    for mandate in {one["id"] for one in found if one["object"] == "mandate"}:
        found.append(ask(server, f"/v1/mandates/{mandate}")[2])
    return found


# the SDK's annotations


def hints_of(cls: type) -> dict[str, Any]:
    return {
        name: hint
        for name, hint in cls.__annotations__.items()
        if not name.startswith("_") and typing.get_origin(hint) is not typing.ClassVar
    }


def problems(value: dict[str, Any], cls: type, path: str) -> list[str]:
    """Say where an answer departs from the annotations of its class: unknown, missing or ill-typed members."""
    hints = hints_of(cls)
    found = [f"{path}.{name}: unknown to the SDK" for name in value.keys() - hints.keys()]
    found += [
        f"{path}.{name}: missing" for name, hint in hints.items() if name not in value and not accepts(hint, None)
    ]
    for name in value.keys() & hints.keys():
        inner, place = value[name], f"{path}.{name}"
        if not accepts(hints[name], inner):
            found.append(f"{place}: {inner!r} is not {hints[name]}")
        inner_class = getattr(cls, "_inner_class_types", {}).get(name)
        for item in inner if isinstance(inner, list) else [inner]:
            if isinstance(item, dict) and isinstance(item.get("object"), str):
                found += problems_of_object(item, place)
            elif isinstance(item, dict) and inner_class is not None:
                found += problems(item, inner_class, place)
    return found


def problems_of_object(value: dict[str, Any], path: str = "") -> list[str]:
    if value["object"] == "list":
        wrong = [] if value.keys() == {"object", "data", "has_more", "url"} else [f"{path}: not a list"]
        return wrong + [one for item in value["data"] for one in problems_of_object(item, path)]
    return problems(value, CLASSES[value["object"]], path or value["object"])


def accepts(hint: Any, value: Any) -> bool:
    """Tell whether the value fits the annotation. Objects are looked into elsewhere; open lists of words are closed."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any or hint is object:
        return True
    if hint is type(None):
        return value is None
    if origin is typing.Union:
        words = [one for one in arguments if typing.get_origin(one) is typing.Literal]
        if words and isinstance(value, str):
            return any(value in typing.get_args(one) for one in words)
        return any(accepts(one, value) for one in arguments)
    if origin is typing.Literal:
        return value in arguments
    if origin is list:
        return isinstance(value, list) and all(accepts(arguments[0], item) for item in value)
    if hint in (int, str, bool, float):
        return type(value) is hint
    if isinstance(hint, str | typing.ForwardRef):
        text = hint if isinstance(hint, str) else hint.__forward_arg__
        return value is None if text.startswith("Optional") and value is None else isinstance(value, dict)
    return isinstance(value, dict)


def test_every_answer_has_only_fields_that_the_sdk_knows_and_all_that_it_requires(everything):
    kinds = {one["object"] for one in everything}
    wrong = sorted({problem for one in everything for problem in problems_of_object(one)})
    assert wrong == []
    assert kinds == CLASSES.keys() - {"transfer_reversal"}, "reversals are judged inside their transfers"


def test_the_judge_itself_sees_an_unknown_a_missing_and_an_ill_typed_field():
    refund = {"object": "refund", "id": 3, "amount": 1, "currency": "eur", "created": 1, "colour": "red"}
    assert problems_of_object(refund) == ["refund.colour: unknown to the SDK", "refund.id: 3 is not <class 'str'>"]
    del refund["amount"]
    assert "refund.amount: missing" in problems_of_object(refund)


FIELDS_OF_ANOTHER_CASE = {
    "checkout.session.allowed_payment_method_types",  # later than the fixtures
    "payment_intent.allowed_payment_method_types",  # later than the fixtures
    "charge.payment_method_details.sepa_debit",  # the fixture shows a card
    "dispute.evidence_details.submission_method",  # required by the SDK's version, later than the fixtures
    "payment_intent.next_action.redirect_to_url",  # the fixture shows another action
    "payment_method.sepa_debit",
    "refund.failure_balance_transaction",  # the fixture shows a refund that succeeded
    "refund.failure_reason",
    "refund.destination_details.card.reference_status",
    "refund.destination_details.card.reference_type",
}
FREE_HASHES = re.compile(
    r".*\.metadata|event\.data\.object|payment_intent\.(last_payment_error|payment_method_options).*"
)


def strangers(value: dict[str, Any], sample: dict[str, Any], path: str) -> set[str]:
    """Name the members that the fixture does not have, down to where it shows nothing."""
    found: set[str] = set()
    for name, inner in value.items():
        place = f"{path}.{name}"
        if FREE_HASHES.fullmatch(place):
            continue
        if name not in sample:
            found.add(place)
        elif isinstance(inner, dict) and isinstance(sample[name], dict) and sample[name]:
            found |= strangers(inner, sample[name], place)
    return found


def test_no_answer_has_a_field_that_stripes_fixtures_do_not_have(everything):
    judged = [one for one in everything if one["object"] in FIXTURES]
    assert {one["object"] for one in judged} == FIXTURES.keys()
    unknown = set().union(*(strangers(one, FIXTURES[one["object"]], one["object"]) for one in judged))
    assert unknown == FIELDS_OF_ANOTHER_CASE


def test_every_parameter_that_the_server_accepts_exists_in_the_sdk():
    rules: dict[str, Any] = {
        "checkout._session_create_params.SessionCreateParams": checkout.SESSION_CREATE,
        "_account_create_params.AccountCreateParams": connect.ACCOUNT_CREATE,
        "_account_link_create_params.AccountLinkCreateParams": connect.LINK_CREATE,
        "_customer_create_params.CustomerCreateParams": payers.CUSTOMER_FIELDS,
        "_dispute_update_params.DisputeUpdateParams": disputes.ROUTES[0][2],
        "_payment_intent_create_params.PaymentIntentCreateParams": intents.INTENT_CREATE,
        "_payout_create_params.PayoutCreateParams": PAYOUT_CREATE,
        "_refund_create_params.RefundCreateParams": charges.REFUND_CREATE,
        "_transfer_create_params.TransferCreateParams": connect.TRANSFER_CREATE,
    }
    for name, ours in rules.items():
        module_name, class_name = f"stripe.params.{name}".rsplit(".", 1)
        __import__(module_name)
        accepted = {key: rule for key, rule in ours.items() if rule is not forms.no_longer}
        assert unknown_parameters(accepted, class_name, sys.modules[module_name]) == []


def test_every_filter_of_a_list_exists_in_the_sdk():
    for family in FAMILIES:
        for kind, _, filters in getattr(family, "RESOURCES", []):
            package, _, name = kind.rpartition(".")
            module_name = f"stripe.params.{package}._{name}_list_params".replace("..", ".")
            __import__(module_name)
            class_name = f"{''.join(part.title() for part in name.split('_'))}ListParams"
            hints = getattr(sys.modules[module_name], class_name).__annotations__
            assert filters.keys() <= hints.keys(), kind


def unknown_parameters(rules: Any, class_name: str, module: Any) -> list[str]:
    hints = getattr(module, class_name).__annotations__
    found = []
    for name, rule in rules.items():
        name = name.rstrip("!")
        if name not in hints:
            found.append(f"{class_name}.{name}")
            continue
        inner = rule[0] if isinstance(rule, list) else rule
        if isinstance(inner, dict):
            below = [one for one in re.findall(r"\w+", str(hints[name])) if one.startswith(class_name)]
            assert below, f"{class_name}.{name} is no hash"
            found += unknown_parameters(inner, below[0], module)
    return found


def test_the_server_speaks_the_version_that_the_sdk_pins(server):
    assert stripe.api_version == API_VERSION
    status, headers, _ = ask(server, "/v1/balance", Stripe_Version=API_VERSION)
    assert (status, headers["Stripe-Version"]) == (200, API_VERSION)
    assert headers["Request-Id"].startswith("req_")
    status, _, body = ask(server, "/v1/balance", Stripe_Version="2012-09-24")
    assert (status, body["error"]["type"]) == (400, "invalid_request_error")


# keys, versions, parameters, pages


def test_a_missing_or_wrong_key_is_refused(server):
    for authorization in ("", "Bearer wrong", "Bearer sk_live_abcd1234", "Basic !!"):
        status, _, body = ask(server, "/v1/balance", Authorization=authorization)
        assert (status, body["error"]["type"]) == (401, "invalid_request_error")
    with pytest.raises(stripe.AuthenticationError):
        client_of(server, "sk_live_abcd1234").v1.balance.retrieve()


def test_basic_authentication_takes_the_key_as_the_user(server):
    token = base64.b64encode(f"{server.secret_key}:".encode()).decode()
    assert ask(server, "/v1/balance", Authorization=f"Basic {token}")[0] == 200


def test_the_restricted_key_transfers_and_reads_and_nothing_else(server, client):
    restricted = client_of(server, server.payout_key)
    server.fund(1_000)
    account = client.v1.accounts.create({"country": "FR", "capabilities": {"transfers": {"requested": True}}})
    server.verify_account(account.id)
    transfer = restricted.v1.transfers.create({"amount": 600, "currency": "eur", "destination": account.id})
    restricted.v1.transfers.reversals.create(transfer.id, {"amount": 100})
    assert restricted.v1.balance.retrieve().available[0].amount == 500
    for forbidden in (
        lambda: restricted.v1.refunds.create({"charge": "ch_x"}),
        lambda: restricted.v1.checkout.sessions.create(session_params()),
        lambda: restricted.v1.payouts.create({"amount": 100, "currency": "eur"}),
        lambda: restricted.v1.accounts.create({"country": "FR"}),
    ):
        with pytest.raises(stripe.PermissionError):
            forbidden()


@pytest.mark.parametrize(
    ("form", "code", "param"),
    [
        ("amount=100&currency=eur&colour=red", "parameter_unknown", "colour"),
        ("currency=eur", "parameter_missing", "amount"),
        ("amount=1.5&currency=eur", "parameter_invalid_integer", "amount"),
        ("amount=49&currency=eur", "amount_too_small", "amount"),
        ("amount=100000000&currency=eur", "amount_too_large", "amount"),
        ("amount=-5&currency=eur", "parameter_invalid_integer", "amount"),
        ("amount=100&currency=usd", None, "currency"),
        ("amount=100&currency=eur&customer=cus_unknown", "resource_missing", "customer"),
        ("amount=100&currency=eur&confirm=maybe", None, "confirm"),
        ("amount=100&currency=eur&metadata=text", None, "metadata"),
        (
            "amount=100&currency=eur&payment_method_types[]=card",
            "payment_method_types_no_longer_supported",
            "payment_method_types",
        ),
    ],
)
def test_a_wrong_parameter_is_named(server, form, code, param):
    status, _, body = ask(server, "/v1/payment_intents", form=form)
    assert (status, body["error"]["type"]) == (400, "invalid_request_error")
    assert (body["error"].get("code"), body["error"]["param"]) == (code, param)


def test_an_unknown_parameter_deep_inside_is_named_with_its_brackets(client):
    params = session_params()
    params["line_items"][0]["price_data"]["colour"] = "red"
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.checkout.sessions.create(params)
    assert refusal.value.code == "parameter_unknown"
    assert refusal.value.param == "line_items[0][price_data][colour]"


def test_an_unknown_object_address_or_expansion_is_refused(server, client):
    status, _, body = ask(server, "/v1/refunds/re_unknown")
    assert (status, body["error"]["code"], body["error"]["param"]) == (404, "resource_missing", "id")
    assert body["error"]["message"] == "No such refund: 're_unknown'"
    assert ask(server, "/v1/unicorns")[0] == 404
    intent_id = paid(client, server, "card_paid")
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        client.v1.payment_intents.retrieve(intent_id, {"expand": ["amount"]})


def test_forms_nest_hashes_and_arrays():
    encoded = "a[b][0][c]=1&a[b][1][c]=2&d[]=x&d[]=y&e=%C3%A9&f[g]="
    assert decode(encoded) == {"a": {"b": [{"c": "1"}, {"c": "2"}]}, "d": ["x", "y"], "e": "é", "f": {"g": ""}}


def test_expansion_reaches_four_levels_and_lists_hold_ids_otherwise(server, client):
    intent_id = paid(client, server, "card_paid")
    plain = client.v1.checkout.sessions.list({"payment_intent": intent_id}).data[0]
    assert plain.payment_intent == intent_id
    expand: Any = ["data.payment_intent.latest_charge.balance_transaction", "data.line_items"]
    full: Any = client.v1.checkout.sessions.list({"payment_intent": intent_id, "expand": expand}).data[0]
    assert full.payment_intent.latest_charge.balance_transaction.fee == 175
    assert full.line_items.data[0].amount_total == 10_000
    refund = client.v1.refunds.create({"payment_intent": intent_id, "amount": 1})
    charge: Any = client.v1.charges.retrieve(full.payment_intent.latest_charge.id, {"expand": ["refunds"]})
    assert [one.id for one in charge.refunds.data] == [refund.id]


def test_lists_are_paged_forwards_and_backwards_without_losing_or_repeating(client):
    made = [client.v1.customers.create({"email": f"saver{rank}@example.org"}).id for rank in range(7)][::-1]
    first = client.v1.customers.list({"limit": 3})
    assert ([one.id for one in first.data], first.has_more) == (made[:3], True)
    second = client.v1.customers.list({"limit": 3, "starting_after": made[2]})
    assert ([one.id for one in second.data], second.has_more) == (made[3:6], True)
    last = client.v1.customers.list({"limit": 3, "starting_after": made[5]})
    assert ([one.id for one in last.data], last.has_more) == (made[6:], False)
    back = client.v1.customers.list({"limit": 3, "ending_before": made[5]})
    assert ([one.id for one in back.data], back.has_more) == (made[2:5], True)
    assert [one.id for one in client.v1.customers.list({"limit": 2}).auto_paging_iter()] == made
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.customers.list({"limit": 101})
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.customers.list({"starting_after": "cus_unknown"})


def test_lists_filter_by_time_and_by_field(server, client):
    start = int(server.now())
    early = client.v1.customers.create({"email": "early@example.org"}).id
    server.advance(days=1)
    late = client.v1.customers.create({"email": "late@example.org"}).id
    after = client.v1.customers.list({"created": {"gte": start + 86_000}})
    before = client.v1.customers.list({"created": {"lt": start + 86_000}})
    assert ([one.id for one in after.data], [one.id for one in before.data]) == ([late], [early])
    assert [one.id for one in client.v1.customers.list({"email": "early@example.org"}).data] == [early]


# idempotency


def test_the_same_key_and_body_do_the_thing_once(server, client):
    first = client.v1.customers.create({"email": "a@example.org"}, {"idempotency_key": "k1"})
    again = client.v1.customers.create({"email": "a@example.org"}, {"idempotency_key": "k1"})
    assert again.to_dict() == first.to_dict()
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert again.last_response.headers["Original-Request"] == first.last_response.headers["Request-Id"]
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert len(client.v1.customers.list().data) == 1
    assert server.executed("POST", "/v1/customers") == 1


def test_the_same_key_with_another_body_or_address_is_refused(client):
    client.v1.customers.create({"email": "a@example.org"}, {"idempotency_key": "k1"})
    with pytest.raises(stripe.IdempotencyError) as refusal:
        client.v1.customers.create({"email": "b@example.org"}, {"idempotency_key": "k1"})
    body: Any = refusal.value.json_body
    assert (refusal.value.http_status, body["error"]["type"]) == (400, "idempotency_error")
    with pytest.raises(stripe.IdempotencyError):
        client.v1.payment_intents.create({"amount": 100, "currency": "eur"}, {"idempotency_key": "k1"})


def test_a_key_still_at_work_is_in_conflict_then_replays(server):
    server.fail("delay", path="/v1/customers", seconds=0.6)
    answers = []
    slow = threading.Thread(
        target=lambda: answers.append(ask(server, "/v1/customers", form="name=A", Idempotency_Key="k1"))
    )
    slow.start()
    time.sleep(0.2)
    status, _, body = ask(server, "/v1/customers", form="name=A", Idempotency_Key="k1")
    slow.join()
    assert (status, body["error"]["code"]) == (409, "idempotency_key_in_use")
    assert answers[0][0] == 200
    status, headers, body = ask(server, "/v1/customers", form="name=A", Idempotency_Key="k1")
    assert (status, headers["Idempotent-Replayed"], body) == (200, "true", answers[0][2])


def test_a_refused_parameter_leaves_the_key_free_but_a_refused_act_is_remembered(server, client):
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.create({"amount": 1, "currency": "eur"}, {"idempotency_key": "k1"})
    client.v1.payment_intents.create({"amount": 100, "currency": "eur"}, {"idempotency_key": "k1"})
    account = client.v1.accounts.create({"country": "FR", "capabilities": {"transfers": {"requested": True}}})
    server.verify_account(account.id)
    params: Any = {"amount": 100, "currency": "eur", "destination": account.id}
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            client.v1.transfers.create(params, {"idempotency_key": "k2"})
        assert refusal.value.code == "balance_insufficient"
        server.fund(1_000)


def test_a_key_is_forgotten_after_a_day(server, client):
    client.v1.customers.create({"email": "a@example.org"}, {"idempotency_key": "k1"})
    server.advance(hours=23)
    client.v1.customers.create({"email": "a@example.org"}, {"idempotency_key": "k1"})
    assert len(client.v1.customers.list().data) == 1
    server.advance(hours=2)
    client.v1.customers.create({"email": "a@example.org"}, {"idempotency_key": "k1"})
    assert len(client.v1.customers.list().data) == 2


def test_an_answer_lost_on_the_way_is_given_again_by_the_key(server, client):
    server.fail("drop_after", path="/v1/customers")
    with pytest.raises(stripe.APIConnectionError):
        client.v1.customers.create({"email": "a@example.org"}, {"idempotency_key": "k1"})
    client.v1.customers.create({"email": "a@example.org"}, {"idempotency_key": "k1"})
    assert len(client.v1.customers.list().data) == 1
    server.fail("drop_before", path="/v1/customers")
    with pytest.raises(stripe.APIConnectionError):
        client.v1.customers.create({"email": "b@example.org"}, {"idempotency_key": "k2"})
    assert len(client.v1.customers.list().data) == 1
    server.fail("error_500", path="/v1/customers")
    with pytest.raises(stripe.APIError):
        client.v1.customers.create({"email": "b@example.org"}, {"idempotency_key": "k2"})


def test_requests_are_counted_with_their_key_and_replays_apart(server, client):
    for _ in range(3):
        client.v1.customers.create({"name": "A"}, {"idempotency_key": "k1"})
    counted = [asked for asked in server.requests() if asked["path"] == "/v1/customers"]
    assert sorted((asked["is_replay"], asked["count"], asked["key"]) for asked in counted) == [
        (False, 1, "k1"),
        (True, 2, "k1"),
    ]


# money


def test_fees_and_availability_enter_the_balance(server, client):
    paid(client, server, "card_paid")
    balance = client.v1.balance.retrieve()
    assert (balance.available[0].amount, balance.pending[0].amount) == (0, 10_000 - 175)
    server.advance(days=3)
    assert client.v1.balance.retrieve().available[0].amount == 10_000 - 175
    paid(client, server, "sepa_paid")
    server.advance(days=5)
    assert client.v1.balance.retrieve().available[0].amount == 20_000 - 175 - 35
    movements = client.v1.balance_transactions.list({"limit": 100}).data
    assert [(one.type, one.amount, one.fee, one.net, one.status) for one in movements] == [
        ("payment", 10_000, 35, 9_965, "available"),
        ("charge", 10_000, 175, 9_825, "available"),
    ]


def test_refunds_in_part_add_up_and_one_cent_more_is_refused(server, client):
    intent_id = paid(client, server, "card_paid")
    client.v1.refunds.create({"payment_intent": intent_id, "amount": 9_000})
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.refunds.create({"payment_intent": intent_id, "amount": 1_001})
    assert (refusal.value.param, refusal.value.code) == ("amount", None)
    client.v1.refunds.create({"payment_intent": intent_id})
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.refunds.create({"payment_intent": intent_id})
    assert refusal.value.code == "charge_already_refunded"
    charge = client.v1.charges.list({"payment_intent": intent_id}).data[0]
    assert (charge.amount_refunded, charge.refunded) == (10_000, True)


def test_a_refund_to_a_closed_means_comes_back(server, client):
    for outcome in ("card_refund_fails", "sepa_refund_fails"):
        intent_id = paid(client, server, outcome)
        server.advance(days=5)
        refund = client.v1.refunds.create({"payment_intent": intent_id})
        assert refund.status == ("succeeded" if outcome.startswith("card") else "pending")
        before = client.v1.balance.retrieve()
        server.advance(days=3)
        after = client.v1.balance.retrieve()
        assert client.v1.refunds.retrieve(refund.id).status == "failed"
        assert client.v1.charges.list({"payment_intent": intent_id}).data[0].amount_refunded == 0
        assert after.available[0].amount - before.available[0].amount == 10_000
        assert "refund.failed" in [event["type"] for event in server.events(refund.id)]


def test_a_refund_may_be_told_to_fail_by_its_metadata(server, client):
    intent_id = paid(client, server, "card_paid")
    refund = client.v1.refunds.create({"payment_intent": intent_id, "metadata": {"test_outcome": "failed"}})
    server.advance(days=3)
    assert client.v1.refunds.retrieve(refund.id).failure_reason == "expired_or_canceled_card"


def test_a_debit_cannot_be_refunded_before_it_succeeds_nor_once_disputed(server, client):
    intent_id = paid(client, server, "sepa_paid")
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create({"payment_intent": intent_id})
    server.advance(days=5)
    server.dispute(intent_id)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.refunds.create({"payment_intent": intent_id})
    assert refusal.value.code == "charge_disputed"


def test_the_dispute_of_a_debit_is_lost_at_once_and_takes_all_even_after_a_refund(server, client):
    intent_id = paid(client, server, "sepa_disputed")
    server.advance(days=5)
    client.v1.refunds.create({"payment_intent": intent_id, "amount": 4_000})
    server.advance(days=28)
    dispute = client.v1.disputes.list({"payment_intent": intent_id}).data[0]
    assert (dispute.status, dispute.amount, dispute.balance_transactions[0].net) == ("lost", 10_000, -10_750)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "No"}})
    assert [event["type"] for event in server.events(dispute.id)] == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.closed",
    ]


def test_the_dispute_of_a_card_waits_for_an_answer_then_is_lost_won_or_given_up(server, client):
    intents_ = [paid(client, server, "card_disputed") for _ in range(4)]
    server.advance(days=28)
    lapsed, won, given_up, contested = (
        client.v1.disputes.list({"payment_intent": intent_id}).data[0] for intent_id in intents_
    )
    assert lapsed.status == "needs_response"
    server.end_dispute(won.id, is_won=True)
    client.v1.disputes.close(given_up.id)
    client.v1.disputes.update(contested.id, {"evidence": {"uncategorized_text": "Here"}, "submit": True})
    server.advance(days=14)
    states = [client.v1.disputes.retrieve(one.id).status for one in (lapsed, won, given_up, contested)]
    assert states == ["lost", "won", "lost", "under_review"]
    movements = client.v1.disputes.retrieve(won.id).balance_transactions
    assert sum(one.net for one in movements) == 0


def test_a_transfer_needs_a_verified_account_and_available_money(server, client):
    account = client.v1.accounts.create({"country": "FR", "capabilities": {"transfers": {"requested": True}}})
    assert (account.payouts_enabled, account.details_submitted) == (False, False)
    params: Any = {"amount": 100, "currency": "eur", "destination": account.id, "transfer_group": "order-1"}
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.transfers.create(params)
    assert refusal.value.code == "insufficient_capabilities_for_transfer"
    server.verify_account(account.id)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.transfers.create(params)
    assert refusal.value.code == "balance_insufficient"
    server.fund(100)
    transfer = client.v1.transfers.create(params)
    assert client.v1.balance.retrieve().available[0].amount == 0
    assert client.v1.transfers.list({"transfer_group": "order-1"}).data[0].id == transfer.id
    client.v1.transfers.reversals.create(transfer.id, {"amount": 60})
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.transfers.reversals.create(transfer.id, {"amount": 41})
    client.v1.transfers.reversals.create(transfer.id)
    assert client.v1.transfers.retrieve(transfer.id).reversed is True


def test_a_payout_arrives_or_comes_back(server, client):
    server.fund(1_000)
    good = client.v1.payouts.create({"amount": 400, "currency": "eur"})
    bad = client.v1.payouts.create({"amount": 600, "currency": "eur", "metadata": {"test_outcome": "failed"}})
    server.advance(days=2)
    assert client.v1.payouts.retrieve(good.id).status == "paid"
    assert client.v1.payouts.retrieve(bad.id).status == "failed"
    assert client.v1.balance.retrieve().available[0].amount == 600


def test_a_saved_mandate_is_debited_off_session_and_keeps_its_fate(server, client):
    customer = client.v1.customers.create({"email": "saver@example.org"})
    params: Any = {
        "mode": "setup",
        "allowed_payment_method_types": ["sepa_debit"],
        "success_url": SUCCESS,
        "customer": customer.id,
    }
    session = client.v1.checkout.sessions.create(params)
    server.choose(session.id, "sepa_insufficient_funds")
    setup = client.v1.setup_intents.retrieve(str(session.setup_intent))
    assert setup.status == "succeeded"
    assert client.v1.mandates.retrieve(str(setup.mandate)).status == "active"
    method = client.v1.payment_methods.list({"customer": customer.id}).data[0]
    intent = client.v1.payment_intents.create(
        {
            "amount": 2_500,
            "currency": "eur",
            "customer": customer.id,
            "payment_method": method.id,
            "allowed_payment_method_types": ["sepa_debit"],
            "confirm": True,
            "off_session": True,
        }
    )
    assert intent.status == "processing"
    server.advance(days=3)
    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_payment_method"


def test_a_card_refused_by_the_api_is_a_card_error_with_its_intent(client):
    with pytest.raises(stripe.CardError) as refusal:
        client.v1.payment_intents.create(
            {"amount": 500, "currency": "eur", "payment_method": "pm_card_visa_chargeDeclined", "confirm": True}
        )
    assert refusal.value.http_status == 402
    body: Any = refusal.value.json_body
    error = body["error"]
    assert (error["decline_code"], error["payment_intent"]["status"]) == ("generic_decline", "requires_payment_method")


# time


def test_what_is_due_happens_at_its_own_second_however_far_the_clock_jumps(server, client):
    intent_id = paid(client, server, "sepa_disputed")
    began = client.v1.payment_intents.retrieve(intent_id).created
    server.advance(days=400)
    times = {event["type"]: event["created"] - began for event in server.events()}
    assert times["payment_intent.succeeded"] == pytest.approx(5 * 86_400, abs=2)
    assert times["charge.dispute.created"] == pytest.approx(33 * 86_400, abs=2)


def test_a_session_nobody_pays_expires_after_a_day_and_says_so(server, client):
    session = client.v1.checkout.sessions.create(session_params())
    server.advance(hours=23)
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"
    server.advance(hours=2)
    expired = client.v1.checkout.sessions.retrieve(session.id)
    assert (expired.status, expired.url) == ("expired", None)
    event = server.events(session.id)[-1]
    assert (event["type"], event["created"]) == ("checkout.session.expired", session.expires_at)
    with pytest.raises(ControlRefused, match="expired"):
        server.choose(session.id, "card_paid")


def test_the_clock_follows_the_applications_file(tmp_path):
    clock_file = tmp_path / "clock.json"
    with StripeServer(clock_file=clock_file) as server:
        assert server.now() == pytest.approx(time.time(), abs=2)
        client = client_of(server)
        session = client.v1.checkout.sessions.create(session_params())
        clock_file.write_text(json.dumps({"real": time.time(), "shown": time.time() + 3 * 86_400}))
        assert server.now() == pytest.approx(time.time() + 3 * 86_400, abs=2)
        with pytest.raises(ControlRefused, match="follows a file"):
            server.advance(days=1)
        limit = time.monotonic() + 5
        while not server.events(session.id) and time.monotonic() < limit:
            time.sleep(0.1)
        assert [event["type"] for event in server.events(session.id)] == ["checkout.session.expired"]


def test_a_server_killed_and_started_again_has_lost_nothing(tmp_path):
    server = StripeServer(state=tmp_path / "state.sqlite").start()
    try:
        client = client_of(server)
        intent_id = paid(client, server, "sepa_paid")
        client.v1.customers.create({"name": "A"}, {"idempotency_key": "k1"})
        server.advance(hours=20)
        before = server.now()
        server.kill()
        server.start()
        assert server.now() == pytest.approx(before, abs=10)
        again: Any = client.v1.customers.create({"name": "A"}, {"idempotency_key": "k1"})
        assert again.last_response.headers["Idempotent-Replayed"] == "true"
        server.advance(days=5)
        assert client.v1.payment_intents.retrieve(intent_id).status == "succeeded"
    finally:
        server.stop()


def test_two_servers_in_one_process_do_not_share_anything():
    first, second = Emulator(), Emulator()
    first.world.emit("test", {"id": "x", "object": "test"})
    assert second.world.store.newest_first("event") == []
    first.server.server_close()
    second.server.server_close()


# webhooks


def types_of(application: Application) -> list[str]:
    return [json.loads(body)["type"] for body, _ in application.received]


def test_webhooks_are_signed_so_that_the_sdk_believes_them(server, client, application):
    paid(client, server, "card_paid")
    assert server.wait_delivered()
    assert types_of(application) == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]
    for body, signature in application.received:
        event = stripe.Webhook.construct_event(body, signature, server.webhook_secret)
        assert event.livemode is False
        assert event.api_version == stripe.api_version
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(body + b" ", signature, server.webhook_secret)
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(body, signature, "whsec_other")


def test_webhooks_are_signed_at_the_shown_time(server, client):
    paid(client, server, "card_paid")
    server.advance(days=10)
    _, signature = server.signed(server.events()[0]["id"])
    signed_at = int(signature.split(",")[0].removeprefix("t="))
    assert signed_at == pytest.approx(server.now(), abs=2)


def test_held_webhooks_wait_for_the_flush(server, client, application):
    server.hold_webhooks()
    paid(client, server, "card_paid")
    assert server.wait_delivered(timeout=0.3)
    assert application.received == []
    assert [sent["status"] for sent in server.flush_webhooks()] == [200] * 4
    assert len(application.received) == 4
    assert server.flush_webhooks() == []


def test_webhooks_come_twice_and_out_of_order_when_asked(server, client, application):
    server.webhook_manner(mode="held", order="shuffled", duplicate=1, seed=7)
    paid(client, server, "card_paid")
    sent = [one["event"] for one in server.flush_webhooks()]
    in_order = [event["id"] for event in server.events()]
    assert sorted(sent) == sorted(in_order * 2)
    assert list(dict.fromkeys(sent)) != in_order


def test_a_webhook_refused_is_sent_again(server, client, application):
    application.statuses += [500, 503]
    client.v1.customers.create({"email": "a@example.org"})
    assert server.wait_delivered()
    bodies = [body for body, _ in application.received]
    assert (len(bodies), len(set(bodies))) == (3, 1)


def test_chosen_events_are_sent_again_in_a_chosen_order(server, client, application):
    server.hold_webhooks()
    paid(client, server, "card_paid")
    ids = [event["id"] for event in server.events()]
    server.send(ids[2], ids[0], ids[2])
    assert [json.loads(body)["id"] for body, _ in application.received] == [ids[2], ids[0], ids[2]]


def test_an_event_keeps_the_object_as_it_was_and_stays_readable(server, client):
    intent_id = paid(client, server, "sepa_paid")
    server.advance(days=5)
    processing = next(event for event in server.events(intent_id) if event["type"] == "payment_intent.processing")
    event: Any = client.v1.events.retrieve(processing["id"])
    assert event.data.object.status == "processing"
    listed = client.v1.events.list({"type": "payment_intent.processing"}).data
    assert [one.id for one in listed] == [processing["id"]]


# the hosted page


class Browser:
    """Follows no redirection: the test looks at each answer."""

    class _Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *args: Any) -> None:
            return None

    def __init__(self) -> None:
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), self._Stay)

    def open(self, url: str, **form: str) -> tuple[int, str, str]:
        """Returns: status, address of the redirection, text."""
        data = urllib.parse.urlencode(form).encode() if form else None
        try:
            with self._opener.open(urllib.request.Request(url, data=data), timeout=10) as answer:
                return answer.status, answer.headers.get("Location", ""), answer.read().decode()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.headers.get("Location", ""), answer.read().decode()


def test_the_hosted_page_says_that_no_money_is_real_and_offers_every_outcome(client):
    session = client.v1.checkout.sessions.create(session_params())
    status, _, text = Browser().open(str(session.url))
    assert status == 200
    assert "Simulateur de paiement — aucun argent réel" in text
    assert "100,00\u00a0€" in text
    assert "Prêt à Soleil de Gohelle" in text
    assert CANCEL in text
    assert "<script" not in text
    assert "style=" not in text
    for outcome, plan in OUTCOMES.items():
        assert f'value="{outcome}"' in text
        assert plan.label in text.replace("\u00a0:", " :")
    labelled = set(re.findall(r'<label for="([^"]+)"', text))
    assert labelled == set(re.findall(r'<input id="([^"]+)"', text))


def test_a_card_paid_on_the_page_leads_back_to_the_site(client):
    session = client.v1.checkout.sessions.create(session_params())
    status, address, _ = Browser().open(str(session.url), outcome="card_paid", email="saver@example.org")
    assert (status, address) == (303, f"http://site.test/ok?s={session.id}")
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
    status, address, _ = Browser().open(str(session.url))
    assert (status, address) == (303, f"http://site.test/ok?s={session.id}")


def test_a_card_refused_on_the_page_may_be_tried_again(client):
    session = client.v1.checkout.sessions.create(session_params())
    status, address, _ = Browser().open(str(session.url), outcome="card_declined")
    assert (status, address) == (303, session.url)
    assert 'role="alert"' in Browser().open(str(session.url))[2]
    status, address, _ = Browser().open(str(session.url), outcome="card_challenge")
    assert "/authenticate/" in address
    assert "Authentifier" in Browser().open(address)[2]
    assert Browser().open(address, answer="no")[:2] == (303, session.url)
    status, address, _ = Browser().open(str(session.url), outcome="card_challenge")
    assert Browser().open(address, answer="yes")[1] == f"http://site.test/ok?s={session.id}"
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_the_page_checks_the_iban_and_shows_the_mandate(client):
    session = client.v1.checkout.sessions.create(session_params())
    assert "huit semaines" in Browser().open(str(session.url))[2]
    wrong = Browser().open(str(session.url), outcome="sepa_paid", iban="FR7600000000000000000000001")
    assert wrong[0] == 422
    assert "IBAN" in wrong[2]
    right = Browser().open(str(session.url), outcome="sepa_paid", iban="DE89 3704 0044 0532 0130 00", name="Saver")
    assert right[0] == 303
    charge: Any = client.v1.charges.list().data[0]
    details = charge.payment_method_details.sepa_debit
    assert (details.country, details.last4) == ("DE", "3000")
    mandate = client.v1.mandates.retrieve(details.mandate)
    reference: Any = mandate.payment_method_details.sepa_debit
    assert reference.reference in Browser().open(reference.url)[2]


def test_an_expired_or_unknown_page_says_so(server, client):
    session = client.v1.checkout.sessions.create(session_params())
    client.v1.checkout.sessions.expire(session.id)
    assert Browser().open(str(session.url))[0] == 410
    assert Browser().open(f"{server.url}/pay/cs_test_unknown")[0] == 404
    assert Browser().open(f"{server.url}/")[0] == 404


def test_text_of_the_platform_is_shown_as_text(client):
    params = session_params()
    params["line_items"][0]["price_data"]["product_data"]["name"] = "<b>Prêt</b>"
    session = client.v1.checkout.sessions.create(params)
    assert "&lt;b&gt;Prêt" in Browser().open(str(session.url))[2]


def test_the_onboarding_page_verifies_the_account(client):
    account = client.v1.accounts.create({"country": "FR", "capabilities": {"transfers": {"requested": True}}})
    link = client.v1.account_links.create(
        {
            "account": account.id,
            "type": "account_onboarding",
            "refresh_url": "http://site.test/again",
            "return_url": "http://site.test/done",
        }
    )
    assert "fictif" in Browser().open(link.url)[2]
    assert Browser().open(link.url, ok="1")[:2] == (303, "http://site.test/done")
    assert client.v1.accounts.retrieve(account.id).payouts_enabled is True
