"""The requests of the API: who asks, what is asked, whether it was already asked, and the answer."""

from __future__ import annotations

import base64
import binascii
import copy
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.stripe_server import API_VERSION, PLATFORM_ACCOUNT, forms, outcomes
from tests.stripe_server.errors import StripeError
from tests.stripe_server.objects import balance, charges, checkout, connect, disputes, intents, payers
from tests.stripe_server.store import Object
from tests.stripe_server.world import DAY, World

FAMILIES = (balance, charges, checkout, connect, disputes, intents, payers)
Handler = Callable[[World, tuple[str, ...], Any], Object]
EXPANDABLE = {
    "balance_transaction": "balance_transaction",
    "failure_balance_transaction": "balance_transaction",
    "charge": "charge",
    "latest_charge": "charge",
    "customer": "customer",
    "destination": "account",
    "mandate": "mandate",
    "payment_intent": "payment_intent",
    "payment_method": "payment_method",
    "setup_intent": "setup_intent",
    "transfer": "transfer",
}
MAY_RESTRICTED_KEYS_POST = re.compile(r"/v1/transfers(/[^/]+(/reversals)?)?")
"""What a restricted key may do besides reading: the payout worker's key has no other right."""


@dataclass
class Answer:
    """An HTTP answer that is not sent yet."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    is_dropped: bool = False


@dataclass(frozen=True)
class Route:
    method: str
    pattern: str
    rules: Mapping[str, Any]
    handler: Handler

    def match(self, method: str, path: str) -> tuple[str, ...] | None:
        if method != self.method:
            return None
        found = re.fullmatch(self.pattern.replace("*", "([^/]+)"), path)
        return found.groups() if found else None


class Api:
    """Answers the requests under `/v1/`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.routes = _routes()
        self.asked: Counter[tuple[str, str, str, int, bool]] = Counter()
        self.in_flight: set[str] = set()
        for family in (*FAMILIES, outcomes):
            world.actions |= getattr(family, "ACTIONS", {})

    def answer(
        self,
        method: str,
        path: str,
        query: str,
        headers: Mapping[str, str],
        body: str,
        pause: Callable[[], None] = lambda: None,
    ) -> Answer:
        """Answer one request. `pause` is called between the reservation of the key and the execution, without lock."""
        request_id = self.world.new_id("req")
        key = headers.get("Idempotency-Key", "") if method == "POST" else ""
        extra = {"Request-Id": request_id, "Stripe-Version": headers.get("Stripe-Version", API_VERSION)}
        pattern, is_replay, status = path, False, 500
        try:
            if key:
                extra["Idempotency-Key"] = key
            self._check_caller(method, path, headers)
            self._check_version(headers)
            route, parts = self._route(method, path)
            pattern = route.pattern
            params = forms.decode(body if method == "POST" else query)
            mark = hashlib.sha256(json.dumps([method, path, params], sort_keys=True).encode()).hexdigest()
            if key:
                with self.world.lock:
                    recorded = self._recorded(key, mark)
                    if recorded is None:
                        self.in_flight.add(key)
                if recorded is not None:
                    is_replay = True
                    extra["Idempotent-Replayed"] = "true"
                    extra["Original-Request"] = recorded["request"]
                    status, text = recorded["status"], recorded["body"]
                    return Answer(status, text.encode(), extra)
            try:
                pause()
                status, text = self._execute(route, parts, params, key=key, mark=mark, request_id=request_id)
            finally:
                self.in_flight.discard(key)
        except StripeError as refusal:
            status, text = refusal.status, json.dumps(refusal.body(request_id))
        finally:
            self.asked[method, pattern, key, status, is_replay] += 1
        return Answer(status, text.encode(), extra)

    def _check_caller(self, method: str, path: str, headers: Mapping[str, str]) -> None:
        secret = _secret(headers.get("Authorization", ""))
        if not secret:
            raise StripeError(
                "You did not provide an API key. You need to provide your API key in the Authorization header, using "
                "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
                status=401,
            )
        shown = f"{secret[:8]}{'*' * 8}{secret[-4:]}"
        if not re.fullmatch(r"(sk|rk)_test_\w{4,}", secret):
            raise StripeError(f"Invalid API Key provided: {shown}", status=401)
        if secret.startswith("rk_") and method != "GET" and not MAY_RESTRICTED_KEYS_POST.fullmatch(path):
            raise StripeError(
                f"The provided key '{shown}' does not have the required permissions for this endpoint on account "
                f"'{PLATFORM_ACCOUNT}'. Only transfers may be made with it.",
                status=403,
                code="more_permissions_required",
            )

    def _check_version(self, headers: Mapping[str, str]) -> None:
        asked = headers.get("Stripe-Version", API_VERSION)
        if asked != API_VERSION:
            raise StripeError(f"Invalid Stripe API version: {asked}. This test server speaks {API_VERSION}.")

    def _route(self, method: str, path: str) -> tuple[Route, tuple[str, ...]]:
        for route in self.routes:
            parts = route.match(method, path)
            if parts is not None:
                return route, parts
        raise StripeError(f"Unrecognized request URL ({method}: {path}).", status=404)

    def _recorded(self, key: str, mark: str) -> Object | None:
        """Find the first answer given to this key. Raises: StripeError when it asked something else, or still runs."""
        if key in self.in_flight:
            raise StripeError(
                f"There is currently another in-progress request using this Idempotent Key: {key}.",
                status=409,
                type="idempotency_error",
                code="idempotency_key_in_use",
            )
        recorded = self.world.store.get("_key", key)
        if recorded is None:
            return None
        if self.world.now() - recorded["at"] > self.world.tariff.key_remembered_days * DAY:
            self.world.store.drop("_key", key)
            return None
        if recorded["mark"] != mark:
            raise StripeError(
                "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                f"Try using a key other than '{key}' if you meant to execute a different request.",
                type="idempotency_error",
            )
        return recorded

    def _execute(
        self, route: Route, parts: tuple[str, ...], params: Any, *, key: str, mark: str, request_id: str
    ) -> tuple[int, str]:
        world = self.world
        with world.lock:
            world.advance_due()
            is_recorded = bool(key)
            world.current_request = {"id": request_id, "idempotency_key": key or None}
            try:
                given = forms.check(route.rules, params)
                expand = given.pop("expand", [])
                result = route.handler(world, parts, given)
                status, text = 200, json.dumps(self.shape(result, expand))
            except StripeError as refusal:
                status, text = refusal.status, json.dumps(refusal.body(request_id))
                is_recorded = bool(key) and refusal.is_recorded
            finally:
                world.current_request = {"id": None, "idempotency_key": None}
            if is_recorded:
                answer = {"id": key, "at": world.now(), "mark": mark, "request": request_id}
                world.store.put("_key", answer | {"status": status, "body": text})
            world.store.commit()
            return status, text

    def shape(self, obj: Object, expand: list[str]) -> Object:
        """Copy the object as it is answered: rendered now, with what was asked for in place of its ids."""
        shaped = copy.deepcopy(obj)
        if shaped.get("object") == "list":
            shaped["data"] = [self._render(item) for item in shaped["data"]]
        else:
            shaped = self._render(shaped)
        for path in expand:
            parts = path.split(".")
            if len(parts) > 4:
                raise StripeError("You cannot expand more than 4 levels of a property.", param="expand")
            if shaped.get("object") == "list":
                if parts[0] != "data":
                    raise StripeError(f"This property cannot be expanded ({parts[0]}).", param="expand")
                for item in shaped["data"]:
                    self._expand(item, parts[1:])
            else:
                self._expand(shaped, parts)
        return shaped

    def _render(self, obj: Object) -> Object:
        if obj.get("object") == "balance_transaction":
            return balance.render(self.world, obj)
        return obj

    def _expand(self, obj: Object, parts: list[str]) -> None:
        if not parts:
            return
        name, rest = parts[0], parts[1:]
        if name == "line_items" and obj.get("object") == "checkout.session":
            obj[name] = checkout.items_list(self.world, obj["id"])
        elif name == "refunds" and obj.get("object") == "charge":
            found = self.world.store.newest_first("refund", charge=obj["id"])
            address = f"/v1/charges/{obj['id']}/refunds"
            obj[name] = {"object": "list", "data": copy.deepcopy(found), "has_more": False, "url": address}
        elif name not in EXPANDABLE or name not in obj:
            raise StripeError(f"This property cannot be expanded ({name}).", param="expand")
        elif isinstance(obj[name], str):
            found_one = self.world.store.get(EXPANDABLE[name], obj[name])
            if found_one is not None:
                obj[name] = self._render(copy.deepcopy(found_one))
        if rest and isinstance(obj[name], dict):
            self._expand(obj[name], rest)


def _secret(authorization: str) -> str:
    scheme, _, value = authorization.partition(" ")
    if scheme == "Bearer":
        return value.strip()
    if scheme == "Basic":
        try:
            return base64.b64decode(value).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def _routes() -> list[Route]:
    routes: list[Route] = []
    for family in FAMILIES:
        routes += [Route(*route) for route in family.ROUTES]
        for kind, address, filters in getattr(family, "RESOURCES", []):
            routes.append(Route("GET", address, forms.LIST | filters, _lister(kind, address)))
            routes.append(Route("GET", f"{address}/*", forms.ONE, _retriever(kind)))
        for kind, address in getattr(family, "RETRIEVE_ONLY", []):
            routes.append(Route("GET", f"{address}/*", forms.ONE, _retriever(kind)))
    event_filters = {"type": forms.text, "types": [forms.text], "created": forms.time_range}
    routes.append(Route("GET", "/v1/events", forms.LIST | event_filters, _lister("event", "/v1/events")))
    routes.append(Route("GET", "/v1/events/*", forms.ONE, _retriever("event")))
    return routes


def _retriever(kind: str) -> Handler:
    return lambda world, parts, params: world.require(kind, parts[0])


def _lister(kind: str, address: str) -> Handler:
    def answer(world: World, parts: tuple[str, ...], params: Any) -> Object:
        limit = params.pop("limit", 10)
        if not 1 <= limit <= 100:
            raise StripeError("Limit must be between 1 and 100.", code="parameter_invalid_integer", param="limit")
        after, before = params.pop("starting_after", None), params.pop("ending_before", None)
        if after and before:
            raise StripeError("You may only specify one of these parameters: ending_before, starting_after.")
        ranges = {name: params.pop(name) for name in ("created", "arrival_date") if name in params}
        types = params.pop("types", None)
        found = world.store.newest_first(kind, **params)
        found = [obj for obj in found if all(_in_range(obj[name], span) for name, span in ranges.items())]
        if types:
            found = [obj for obj in found if obj["type"] in types]
        if after or before:
            world.require(kind, after or before, param="starting_after" if after else "ending_before", status=400)
            ids = [obj["id"] for obj in found]
            place = ids.index(after or before) if (after or before) in ids else len(ids)
            found = found[place + 1 :] if after else found[:place]
        page = found[-limit:] if before else found[:limit]
        return {"object": "list", "data": page, "has_more": len(found) > limit, "url": address}

    return answer


def _in_range(value: int, span: Any) -> bool:
    if isinstance(span, int):
        return value == span
    tests = {"gt": int.__gt__, "gte": int.__ge__, "lt": int.__lt__, "lte": int.__le__}
    return all(tests[name](value, bound) for name, bound in span.items())
