"""What each person does in the holder's journey, page after page: clicks and fields only, no operation is called."""

import re
from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Page, expect

from investors.models import User
from projects.applications.eligibility import Rule
from tests.browser.conftest import DESK, PHONE, Town
from tests.projects.applications.scenes import pdf_bytes

PASSWORD = "un-mot-de-passe-de-trente-signes"


def see(town: Town, heading: str) -> None:
    """The page came whole: its heading, no sideways scroll, nothing that axe refuses."""
    town.check_page(heading)


def follow(town: Town, link: str, heading: str) -> None:
    """Follow a link of the page by its words, and look at where it leads."""
    town.page.locator("main").get_by_role("link", name=link).first.click()
    see(town, heading)


def press(town: Town, button: str, heading: str = "") -> None:
    """Press a button of the page, and look at what it gives; `heading` empty: the page has no name to check."""
    town.page.locator("main").get_by_role("button", name=button).first.click()
    see(town, heading)


def fill(page: Page, values: Mapping[str, Any]) -> None:
    """Answer fields by their name, whatever they are."""
    for name, value in values.items():
        field = page.locator(f'main [name="{name}"]').first
        kind = field.evaluate("e => e.tagName == 'SELECT' ? 'select' : e.type")
        if kind == "select":
            field.select_option(str(value))
        elif kind == "radio":
            page.locator(f'main [name="{name}"][value="{value}"]').check()
        elif kind == "checkbox":
            field.set_checked(bool(value))
        else:
            field.fill(str(value))


def says(town: Town, words: str) -> None:
    expect(town.page.locator("main")).to_contain_text(words)


def sit(town: Town, user: User, size: Mapping[str, int] = DESK) -> None:
    """Another person takes the chair, on their own screen."""
    town.page.set_viewport_size(size)  # type: ignore[arg-type]
    town.sign_in(user)


def open_account(town: Town, email: str) -> None:
    """From the page that asks to sign in: open an account, follow the link of the mail, back to where one was."""
    page = town.page
    page.locator("main").get_by_role("link", name="Ouvrir un compte").click()
    see(town, "Ouvrir un compte")
    fill(page, {"email": email, "password1": PASSWORD, "accepts_terms": True})
    page.click("main form button[type=submit]")
    see(town, "Ouvrez le message")
    town.catch_up()
    link = re.search(
        r"https?://\S+/confirm-email/\S+", town.last_message(email, "account/email_confirmation_signup").body
    )
    assert link
    page.goto(link[0])
    see(town, "Vérifier mon adresse")
    page.click("main form button[type=submit]")


def ask_whether_one_may(town: Town) -> None:
    """The anonymous questions, from the first page of the site, on a phone."""
    page = town.page
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    town.open("/")
    see(town, "Votre épargne")
    follow(town, "Puis-je demander", "Qui êtes-vous")
    for heading, answers in (
        ("Que voulez-vous", {"place": "62", "form": "cooperative", "stage": "RUNNING"}),
        ("Combien, et quand", {"purpose": "energy", "profit": "kept"}),
        ("Avec qui", {"amount": "30000", "when": "later"}),
        ("Oui, vous pouvez demander", {"bank": "refused", "support": "named"}),
    ):
        fill(page, answers)
        page.click("main form button")
        see(town, heading)


def join_pdf(town: Town, section: str, name: str) -> None:
    """Join a piece in the block that has this title."""
    block = town.page.locator("section", has=town.page.get_by_role("heading", name=section)).last
    block.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "application/pdf", "buffer": pdf_bytes()}
    )
    block.get_by_role("button", name="Joindre").click()
    says(town, "La pièce est jointe")


def found_an_organisation(town: Town) -> None:
    """The holder's organisation, on the phone, right after the answers are kept."""
    press(town, "Garder mes réponses", "Inscrire mon organisation")
    fill(
        town.page,
        {
            "number": "000 001 032",
            "name": "Toits de Gohelle",
            "legal_name": "Toits de Gohelle SCIC SARL",
            "legal_category": "5460",
            "ess_status": "BY_FORM",
            "purpose": "Produire de l’électricité solaire avec les habitants.",
            "address_line": "4 rue du Marché",
            "postal_code": "62300",
            "commune": "Lens (62498)",
            "represents": "yes",
            "function": "manager",
        },
    )
    press(town, "Inscrire l’organisation", "Toits de Gohelle")


def start_the_file(town: Town, call: str) -> None:
    """From the organisation's page to a draft that holds the answers given before."""
    follow(town, "Commencer ou reprendre un dossier", "Mes dossiers")
    follow(town, call, call)
    follow(town, "Commencer un dossier", "Commencer un dossier")
    says(town, "« Puis-je demander ? »")
    fill(town.page, {"title": "Toit solaire de l’école", "summary": "Un toit utile.", "postal_code": "62300"})
    press(town, "Ouvrir le dossier", "Toit solaire de l’école")


def values_of(answers: Mapping[str, Any], codes: list[str]) -> dict[str, str]:
    """Return answers as the fields of a section's page, by name; amounts are cents, written in euros."""
    found: dict[str, str] = {}
    for code in codes:
        value = answers[code]
        if isinstance(value, list):
            for rank, row in enumerate(value):
                found |= {f"{code}-{rank}-{column}": _typed(column, one) for column, one in row.items()}
        elif isinstance(value, dict):
            found |= {f"{code}-{part}": str(one) for part, one in value.items()}
        else:
            found[code] = _typed(code, value)
    return found


def _typed(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    is_cents = isinstance(value, int) and not name.endswith(("year", "vote"))
    return str(value // 100) if is_cents else str(value)


def write_section(town: Town, title: str, values: Mapping[str, str], *steps: str) -> None:
    """Answer a section and go on to the next; `steps`: names of answers that make other questions appear."""
    page = town.page
    see(town, title)
    for name in steps:
        with page.expect_response(lambda answer: "/section/" in answer.url and answer.request.method == "POST"):
            fill(page, {name: values[name]})
        page.wait_for_load_state("networkidle")
    missing = [name for name in values if not page.locator(f'main [name="{name}"]').count()]
    for table in dict.fromkeys(name.split("-")[0] for name in missing):
        page.locator(f'main button[name=more][value="{table}"]').click()
    fill(page, {name: value for name, value in values.items() if name not in steps})
    page.locator("#saved p, #saved span").first.wait_for()
    page.wait_for_load_state("networkidle")
    page.locator("main form#section-form button.btn-primary").click()
    says(town, "est enregistrée")


def write_on_the_phone(town: Town, answers: Mapping[str, Any]) -> None:
    """The first three sections, in the train."""
    follow(town, "Le projet", "Le projet")
    write_section(town, "Le projet", values_of(answers, ["project_purpose", "need", "calendar"]))
    carrier = ["team", "governance", "stakeholders_vote", "insolvency"]
    write_section(town, "Qui porte le projet", values_of(answers, carrier))
    support = ["accompanying_body", "accompaniment", "bank_refusals"]
    write_section(town, "Accompagnement et refus bancaires", values_of(answers, support))
    see(town, "Budget sur trois ans")


def invite_a_colleague(town: Town, email: str) -> None:
    """From the file to the organisation's team, and an invitation."""
    town.open("/porteur/")
    see(town, "Vos campagnes")
    follow(town, "Sa fiche, son équipe", "Toits de Gohelle")
    follow(town, "Inviter, changer, retirer", "L’équipe")
    fill(town.page, {"email": email})
    press(town, "Envoyer l’invitation", "L’équipe")
    town.catch_up()


def join_the_team(town: Town, email: str) -> None:
    """The colleague follows the mail on a desktop, opens an account, and accepts."""
    page = town.page
    page.context.clear_cookies()
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    link = re.search(r"https?://\S+/invitations/\S+", town.last_message(email, "organisations/invitation").body)
    assert link
    page.goto(link[0])
    see(town, "Se connecter")
    open_account(town, email)
    see(town, "Rejoindre l’équipe")
    press(town, "Accepter l’invitation", "Toits de Gohelle")


def complete_at_the_desk(town: Town, answers: Mapping[str, Any]) -> None:
    """The colleague writes what remains, joins the pieces, and asks for the signature."""
    follow(town, "Commencer ou reprendre un dossier", "Mes dossiers")
    follow(town, "Toit solaire de l’école", "Toit solaire de l’école")
    follow(town, "Budget sur trois ans", "Budget sur trois ans")
    budget = ["first_year", "charges", "resources", "assumptions"]
    write_section(town, "Budget sur trois ans", values_of(answers, budget))
    write_section(town, "Comptes", values_of(answers, ["accounts"]))
    engineering = ["instruments", "has_guarantee", "no_guarantee", "engineering_by", "engineering_paid", "repayment"]
    write_section(town, "Ingénierie financière", values_of(answers, engineering), "has_guarantee")
    balises = ["balises_version", *(f"balise2_{rank:02}" for rank in range(1, 11))]
    write_section(town, "Les dix balises", values_of(answers, balises), "balises_version")
    impact = ["main_domain", "forecast", "beneficiaries", "evaluation"]
    write_section(town, "Ce que le projet change", values_of(answers, impact))
    see(town, "Pièces")
    for title in ("Statuts à jour", "Extrait d’immatriculation", "Comptes annuels"):
        join_pdf(town, title, f"{title}.pdf")
    town.page.get_by_role("link", name="Toit solaire de l’école").click()
    see(town, "Toit solaire de l’école")
    says(town, "Tout est rempli")
    follow(town, "Relire, signer et déposer", "Relire, signer et déposer")
    press(town, "Demander sa signature", "Relire, signer et déposer")
    says(town, "Nous avons écrit")


def sign_and_send(town: Town, signer: User) -> None:
    """The representative reads over on the phone, gives their name, signs: the receipt names the frozen version."""
    sit(town, signer, PHONE)
    town.catch_up()
    link = re.search(r"https?://\S+/porteur/\S+", town.last_message(signer.email, "applications/notice").body)
    assert link
    town.page.goto(link[0])
    if "/relire/" not in town.page.url:
        follow(town, "Relire, signer et déposer", "Relire, signer et déposer")
    follow(town, "Donner mon nom", "rofil")
    give_ones_name(town, "Nadia", "Vasseur")
    see(town, "Relire, signer et déposer")
    says(town, "la signe aussi")  # the organisation's own sheet, in the same act
    fill(town.page, {"read": "yes"})
    press(town, "Signer et déposer", "Toit solaire de l’école")
    says(town, "DOS-2026-00001")
    follow(town, "Version 1", "version 1")


def give_ones_name(town: Town, given_names: str, family_name: str) -> None:
    fill(
        town.page,
        {
            "given_names": given_names,
            "family_name": family_name,
            "birth_date": "1984-03-12",
            "birth_place": "Lens",
            "address_line": "7 rue Zola",
            "postal_code": "62300",
        },
    )
    town.page.click("main form button[type=submit]:has-text('profil')")


def instruct(town: Town, instructor: User, holder: User) -> None:
    """The instructor finds the file eligible, asks one question, which the holder answers; then the note is signed."""
    sit(town, instructor)
    town.open("/gestion/dossiers/")
    see(town, "Dossiers déposés")
    follow(town, "Toit solaire de l’école", "Toit solaire de l’école")
    fill(town.page, {f"met-{rule.value}": "yes" for rule in Rule})
    press(town, "Dire la recevabilité", "Toit solaire de l’école")
    fill(town.page, {"question": "Quel loyer la commune demande-t-elle pour le toit ?"})
    press(town, "Envoyer les questions", "Toit solaire de l’école")
    sit(town, holder, PHONE)
    town.open("/porteur/dossiers/")
    see(town, "Mes dossiers")
    follow(town, "Toit solaire de l’école", "Toit solaire de l’école")
    town.page.get_by_label("Quel loyer").fill("Un euro par an, pour vingt ans.")
    press(town, "Envoyer les réponses", "Toit solaire de l’école")
    sit(town, instructor)
    town.open("/gestion/dossiers/")
    follow(town, "Toit solaire de l’école", "Toit solaire de l’école")
    says(town, "Un euro par an")
    words = dict.fromkeys(
        ("viability", "social_use", "governance", "carrier", "additionality", "accompaniment"), "Constaté sur pièces."
    )
    fill(town.page, words | {"advice": "favourable", "without_visit_because": "Toit vu avec la commune en mars."})
    press(town, "Enregistrer la note", "Toit solaire de l’école")
    press(town, "Signer la note et transmettre", "Toit solaire de l’école")
    says(town, "Comité")
