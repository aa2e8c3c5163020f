"""The holder's journey before the committee and the evaluator: recusal, veto, votes, conditions, label."""

from collections.abc import Mapping

from playwright.sync_api import expect

from investors.models import User
from tests.browser.conftest import PHONE, Town
from tests.browser.holder_steps import fill, follow, press, says, see, sit
from tests.projects.applications.scenes import pdf_bytes

CRITERIA = {
    "HDF-M1": {"yes": "yes"},
    "HDF-M2": {"yes": "yes"},
    "HDF-M3": {"value_local": "60"},
    "HDF-M4": {"value_highest": "4"},
    "HDF-P1": {"level": "2"},
    "HDF-P2": {"level": "1"},
    "HDF-P3": {"level": "2"},
    "HDF-X1": {"yes": "no"},
}


def convene(town: Town, secretary: User, starts_at: str) -> None:
    """The secretary plans a session with the file on its agenda, and convenes it."""
    sit(town, secretary)
    town.open("/gestion/comite/")
    see(town, "Comité")
    follow(town, "prévoir une séance de Comité d’engagement", "Prévoir une séance")
    page = town.page
    chair = page.locator("main [name=chair] option", has_text="Ada Lemaire").get_attribute("value")
    fill(page, {"chair": chair, "starts_at": starts_at, "place": "Lens", "secretary": secretary.email})
    page.locator("main form button.btn-primary").click()
    see(town, "Comité d’engagement")
    page.get_by_label("Dossier").select_option(index=1)
    press(town, "Ajouter à l’ordre du jour", "Comité d’engagement")
    press(town, "Envoyer la convocation", "Comité d’engagement")


def declare(town: Town, member: User, kind: str, reason: str = "") -> None:
    """A member declares what ties them to the file, before it opens."""
    sit(town, member, PHONE)
    town.open("/gestion/comite/")
    follow(town, "Déclarer mes intérêts", "Toit solaire de l’école")
    says(town, "ouvre le dossier")
    expect(town.page.locator("main")).not_to_contain_text("Constaté sur pièces")
    fill(town.page, {"kind": kind, "reason": reason})
    press(town, "Enregistrer ma déclaration", "Toit solaire de l’école")


def score(town: Town, values: Mapping[str, str]) -> None:
    """The file is open: read it, give one's notes."""
    says(town, "Constaté sur pièces")
    for code, value in values.items():
        town.page.get_by_label(code).select_option(value)
    press(town, "Enregistrer mes notes", "Toit solaire de l’école")


def open_session(town: Town, secretary: User, members: list[User]) -> str:
    """The secretary opens the session, the members come in; return the address of the file."""
    sit(town, secretary)
    town.open("/gestion/comite/")
    page = town.page
    page.locator("main tr", has_text="Convoquée").get_by_role("link").first.click()
    see(town, "Comité d’engagement")
    press(town, "Ouvrir la séance", "Comité d’engagement")
    session = page.url
    for member in members:
        sit(town, member, PHONE)
        town.open("/gestion/comite/")
        page.locator("main tr", has_text="Ouverte").get_by_role("link").first.click()
        press(town, "Je suis là", "Comité d’engagement")
    sit(town, secretary)
    page.goto(session)
    follow(town, "Toit solaire de l’école", "Toit solaire de l’école")
    return page.url


def vote(town: Town, file: str, secretary: User, members: list[User], proposal: str) -> None:
    """The secretary puts one proposal to the vote; each member votes in favour on a phone; the count is closed."""
    sit(town, secretary)
    page = town.page
    page.goto(file)
    fill(page, {"proposal": proposal})
    press(town, "Ouvrir le scrutin", "Toit solaire de l’école")
    for member in members:
        sit(town, member, PHONE)
        page.goto(file)
        see(town, "Toit solaire de l’école")
        page.get_by_role("button", name="Pour", exact=True).click()
        says(town, "Votre vote est enregistré")
    sit(town, secretary)
    page.goto(file)
    press(town, "Clore le scrutin et compter", "Toit solaire de l’école")


def pronounce(town: Town, motive: str, conditions: str = "") -> None:
    """Say the decision with its axis of the regional scheme and its public reason; end the session."""
    page = town.page
    page.get_by_label("Axe du schéma régional").select_option(index=1)
    page.get_by_label("Motif, public").fill(motive)
    if conditions:
        page.get_by_label("Conditions suspensives").fill(conditions)
    press(town, "Prononcer", "Toit solaire de l’école")
    follow(town, "La séance", "Comité d’engagement")
    press(town, "Lever la séance", "Comité d’engagement")


def bring_back(town: Town, instructor: User) -> None:
    """What the committee asked for is brought, in writing; the file goes before it again."""
    sit(town, instructor)
    town.open("/gestion/dossiers/")
    follow(town, "Toit solaire de l’école", "Toit solaire de l’école")
    fill(town.page, {"reason": "Un contrat de vente de vingt ans est joint, avec son prix."})
    press(town, "Représenter au comité", "Toit solaire de l’école")


def label_the_project(town: Town, evaluator: User) -> None:
    """Each criterion is answered on its evidence; what the answers conclude is explained; the label is awarded."""
    sit(town, evaluator)
    page = town.page
    town.open("/gestion/labels/")
    see(town, "Labels")
    follow(town, "Évaluer", "Évaluer Toit solaire de l’école")
    local = page.locator("main [name=label] option", has_text="FRES-HDF").get_attribute("value")
    fill(page, {"label": local})
    press(town, "Commencer l’évaluation", "FRES-HDF@2024")
    for identifier, answer in CRITERIA.items():
        article = page.locator("article", has=page.get_by_role("button", name=f"Enregistrer {identifier}"))
        for field, value in answer.items():
            fill(page, {f"{article.get_attribute('id')}-{field}": value})
        article.locator("input[type=text]").first.fill("Statuts, article 4, et comptes 2025")
        article.locator("input[type=file]").set_input_files(
            {"name": "statuts.pdf", "mimeType": "application/pdf", "buffer": pdf_bytes()}
        )
        press(town, f"Enregistrer {identifier}", "FRES-HDF@2024")
    press(town, "Conclure l’évaluation", "FRES-HDF@2024")
    says(town, "Conclue")
    press(town, "Attribuer le label", "FRES-HDF@2024")
    says(town, "Le label est attribué")
