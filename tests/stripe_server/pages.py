"""The hosted pages that a payer sees: small, without script, and plainly a simulator."""

from __future__ import annotations

import re
from html import escape
from urllib.parse import parse_qs

from tests.stripe_server.api import Answer
from tests.stripe_server.objects import checkout, connect, payers
from tests.stripe_server.outcomes import OUTCOMES, resolve_challenge
from tests.stripe_server.store import Object
from tests.stripe_server.world import World

BANNER = "Simulateur de paiement — aucun argent réel"
MANDATE_TEXT = (
    "En envoyant ce formulaire, vous autorisez le créancier et son prestataire de paiement à demander à votre banque "
    "de débiter votre compte, et votre banque à le débiter selon leurs instructions. Vous pouvez être remboursé "
    "par votre banque selon les conditions de la convention passée avec elle : la demande doit être présentée dans les "
    "huit semaines qui suivent la date du débit."
)
STYLE = """
:root { color-scheme: light dark; --ink: #53295a; --on: #fff; --paper: #fbf9f8; --text: #271c2a; --line: #887886; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #d9b8e0; --on: #2a1430; --paper: #17121a; --text: #f0e9ef; --line: #8c7b8e; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--text); font: 1.0625rem/1.55 system-ui, sans-serif; }
main { max-width: 38rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
.banner { margin: 0; padding: .75rem 1rem; background: #855400; color: #fff; font-weight: 600; text-align: center; }
h1 { font-size: 1.5rem; line-height: 1.25; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.amount { font-size: 2rem; font-weight: 600; margin: 0; font-variant-numeric: tabular-nums; }
.alert { border: 2px solid #a3321a; padding: .75rem 1rem; }
fieldset { border: 1px solid var(--line); border-radius: 3px; margin: 1.5rem 0 0; padding: 1rem; }
legend { font-weight: 600; padding: 0 .5rem; }
label { display: block; font-weight: 600; margin-bottom: .25rem; }
input { width: 100%; min-height: 44px; padding: .5rem; border: 1px solid var(--line); border-radius: 3px;
  background: transparent; color: inherit; font: inherit; }
button { display: block; width: 100%; min-height: 44px; margin-top: .75rem; padding: .5rem 1rem;
  border: 1px solid var(--ink); border-radius: 3px; background: transparent; color: var(--ink); font: inherit;
  font-weight: 600; text-align: left; }
button small { display: block; font-weight: 400; color: var(--text); }
button:first-of-type { background: var(--ink); color: var(--on); } button:first-of-type small { color: var(--on); }
:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
a { color: var(--ink); } .mandate { font-size: .9375rem; }
"""


def euros(cents: int) -> str:
    """Write an amount as on French pages: 1 234,56 € with narrow spaces."""
    whole, rest = divmod(cents, 100)
    return f"{whole:,}".replace(",", "\u202f") + f",{rest:02d}\u00a0€"


def _page(title: str, body: str, *, status: int = 200) -> Answer:
    body = body.replace(" :", "\u00a0:").replace(" ;", "\u202f;")
    text = (
        '<!doctype html>\n<html lang="fr">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{escape(title)} — simulateur</title>\n<link rel="icon" href="/favicon.ico">\n'
        '<link rel="stylesheet" href="/page.css">\n</head>\n<body>\n'
        f'<header class="banner">{BANNER}</header>\n<main>\n<h1>{escape(title)}</h1>\n'
        f"{body}\n</main>\n</body>\n</html>\n"
    )
    policy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    headers = {"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
    return Answer(status, text.encode(), headers, "text/html; charset=utf-8")


def _see(address: str) -> Answer:
    return Answer(303, b"", {"Location": address}, "text/plain; charset=utf-8")


def respond(world: World, method: str, path: str, body: str) -> Answer:
    """Answer a payer's browser. Every change is made under the lock and kept before the answer."""
    if path == "/page.css":
        return Answer(200, STYLE.encode(), {"Cache-Control": "max-age=3600"}, "text/css; charset=utf-8")
    if path == "/favicon.ico":
        return Answer(204, b"", {}, "image/x-icon")
    form = {name: values[0].strip() for name, values in parse_qs(body).items()}
    with world.lock:
        world.advance_due()
        answer = _route(world, method, path, form)
        world.store.commit()
    return answer


def _route(world: World, method: str, path: str, form: dict[str, str]) -> Answer:
    pages = {"pay": _pay, "authenticate": _authenticate, "onboard": _onboard, "mandate": _mandate, "receipt": _receipt}
    found = re.fullmatch(r"/(\w+)/(\w+)", path)
    if found and found[1] in pages:
        return pages[found[1]](world, found[2], form if method == "POST" else None)
    return _page("Page inconnue", "<p>Cette adresse ne mène à aucun paiement.</p>", status=404)


def _pay(world: World, session_id: str, form: dict[str, str] | None) -> Answer:
    session = world.store.get("checkout.session", session_id)
    if session is None:
        return _page("Paiement inconnu", "<p>Ce lien ne mène à aucun paiement.</p>", status=404)
    if session["status"] == "complete":
        return _see(checkout.return_address(session))
    if session["status"] == "expired":
        back = session["cancel_url"]
        link = f'<p><a href="{escape(back)}">Revenir sur le site</a></p>' if back else ""
        return _page("Ce lien de paiement a expiré", f"<p>Rien n’a été débité.</p>{link}", status=410)
    if form is None:
        return _pay_page(world, session)
    outcome = form.get("outcome", "")
    if outcome not in OUTCOMES or OUTCOMES[outcome].means not in session["payment_method_types"]:
        return _pay_page(world, session, problem="Choisissez l’un des boutons ci-dessous.", status=422)
    iban = re.sub(r"\s", "", form.get("iban", "")).upper() or payers.TEST_IBAN
    if OUTCOMES[outcome].means == "sepa_debit" and not is_iban(iban):
        return _pay_page(
            world, session, problem="Cet IBAN n’est pas valide : vérifiez ses chiffres, puis recommencez.", status=422
        )
    checkout.choose(
        world, session, outcome=outcome, iban=iban, name=form.get("name", ""), address=form.get("email", "")
    )
    return _see(next_address(world, session))


def next_address(world: World, session: Object) -> str:
    """Where the payer's browser goes after an attempt: back to the site, to the bank, or to try again."""
    if session["status"] == "complete":
        return checkout.return_address(session)
    intent = world.require("payment_intent", session["payment_intent"])
    if intent["status"] == "requires_action":
        return str(intent["next_action"]["redirect_to_url"]["url"])
    return str(session["url"])


def is_iban(iban: str) -> bool:
    """Tell whether the control figures agree (the national key is not looked at: Stripe's own test IBANs fail it)."""
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", iban):
        return False
    return int("".join(str(int(sign, 36)) for sign in iban[4:] + iban[:4])) % 97 == 1


def _pay_page(world: World, session: Object, *, problem: str = "", status: int = 200) -> Answer:
    intent = world.store.get("payment_intent", session["payment_intent"]) if session["payment_intent"] else None
    if not problem and intent and intent["last_payment_error"]:
        problem = "Le paiement a été refusé. Rien n’a été débité : choisissez un autre moyen, ou réessayez."
    parts = [f'<p class="alert" role="alert">{escape(problem)}</p>'] if problem else []
    title = "Payer"
    if session["mode"] == "setup":
        title = "Enregistrer un moyen de paiement"
    else:
        items = world.require("_session_side", session["id"])["items"]
        labels = ", ".join(escape(item["description"]) for item in items)
        parts.append(f'<p class="amount">{euros(session["amount_total"])}</p><p>{labels}</p>')
    parts.append("<p>Choisissez ce que la banque répondra.</p>")
    address = escape(session["customer_email"] or "")
    payer = (
        '<p><label for="email-{means}">Adresse électronique</label>'
        f'<input id="email-{{means}}" name="email" type="email" autocomplete="email" value="{address}"></p>'
    )
    for means, legend in (("card", "Carte bancaire"), ("sepa_debit", "Prélèvement SEPA")):
        if means in session["payment_method_types"]:
            fields = payer.format(means=means)
            if means == "sepa_debit":
                fields += (
                    '<p><label for="name">Titulaire du compte</label>'
                    '<input id="name" name="name" autocomplete="name"></p>'
                    '<p><label for="iban">IBAN</label>'
                    f'<input id="iban" name="iban" value="{payers.TEST_IBAN}" spellcheck="false" '
                    'autocomplete="off"></p>'
                    f'<p class="mandate">{escape(MANDATE_TEXT)}</p>'
                )
            parts.append(
                f'<form method="post" action="/pay/{session["id"]}"><fieldset><legend>{legend}</legend>{fields}'
                f"{_buttons(means)}</fieldset></form>"
            )
    if session["cancel_url"]:
        parts.append(f'<p><a href="{escape(session["cancel_url"])}">Annuler et revenir sur le site</a></p>')
    return _page(title, "\n".join(parts), status=status)


def _buttons(means: str) -> str:
    return "".join(
        f'<button type="submit" name="outcome" value="{name}">{escape(plan.label)}<small>{escape(plan.hint)}</small>'
        "</button>"
        for name, plan in OUTCOMES.items()
        if plan.means == means
    )


def _authenticate(world: World, intent_id: str, form: dict[str, str] | None) -> Answer:
    intent = world.store.get("payment_intent", intent_id)
    sessions = world.store.newest_first("checkout.session", payment_intent=intent_id)
    if intent is None or not sessions:
        return _page("Paiement inconnu", "<p>Ce lien ne mène à aucun paiement.</p>", status=404)
    session = sessions[0]
    if intent["status"] != "requires_action":
        return _pay(world, session["id"], None)
    if form is not None and form.get("answer") in ("yes", "no"):
        authenticate(world, session=session, is_authenticated=form["answer"] == "yes")
        return _see(next_address(world, session))
    body = (
        f'<p class="amount">{euros(intent["amount"])}</p><p>Votre banque (simulée) vous demande de confirmer.</p>'
        f'<form method="post" action="/authenticate/{intent_id}">'
        '<button type="submit" name="answer" value="yes">Authentifier</button>'
        '<button type="submit" name="answer" value="no">Échouer</button></form>'
    )
    return _page("Authentification 3-D Secure", body)


def authenticate(world: World, *, session: Object, is_authenticated: bool) -> None:
    """The payer answered the bank; the session completes if the bank is satisfied."""
    intent = world.require("payment_intent", session["payment_intent"])
    resolve_challenge(world, intent=intent, is_authenticated=is_authenticated)
    checkout.complete_if_accepted(world, session)


def _onboard(world: World, token: str, form: dict[str, str] | None) -> Answer:
    link = world.store.get("_link", token)
    if link is None:
        return _page("Lien inconnu", "<p>Ce lien ne mène à aucun compte.</p>", status=404)
    if form is not None:
        connect.verify_account(world, account_id=link["account"])
        return _see(link["return_url"])
    body = (
        "<p>Le vrai prestataire demanderait ici l’identité des dirigeants et l’IBAN de l’organisation.</p>"
        f'<form method="post" action="/onboard/{token}"><button type="submit">Compléter le dossier (fictif)</button>'
        f'</form><p><a href="{escape(link["return_url"])}">Revenir sans compléter</a></p>'
    )
    return _page("Compte de l’organisation", body)


def _mandate(world: World, mandate_id: str, form: dict[str, str] | None) -> Answer:
    mandate = world.store.get("mandate", mandate_id)
    if mandate is None:
        return _page("Mandat inconnu", "<p>Ce lien ne mène à aucun mandat.</p>", status=404)
    reference = mandate["payment_method_details"]["sepa_debit"]["reference"]
    method = world.require("payment_method", mandate["payment_method"])
    facts = f"<p>Référence unique du mandat : <strong>{escape(reference)}</strong></p>"
    facts += f"<p>Compte qui finit par {escape(method['sepa_debit']['last4'])}</p>"
    return _page("Mandat de prélèvement SEPA", f"{facts}<p>{escape(MANDATE_TEXT)}</p>")


def _receipt(world: World, charge_id: str, form: dict[str, str] | None) -> Answer:
    charge = world.store.get("charge", charge_id)
    if charge is None:
        return _page("Paiement inconnu", "<p>Ce lien ne mène à aucun paiement.</p>", status=404)
    body = f'<p class="amount">{euros(charge["amount"])}</p><p>{escape(charge["description"] or "")}</p>'
    return _page("Paiement reçu (fictif)", body)
