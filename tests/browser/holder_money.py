"""The holder's journey with money: the offer and its sheet, savers, contract, payout, the first yearly report."""

import io
import re

from pypdf import PdfReader

from investors.models import User
from tests.browser.conftest import PHONE, Town
from tests.browser.holder_steps import fill, follow, press, says, see, sit
from tests.funds.campaigns.scenes import ANSWERS, OWNER_LEI

TERMS = {
    "lane": "PROJECT",
    "minimum": "100",
    "maximum": "1000",
    "ticket_minimum": "20",
    "ticket_maximum": "500",
    "opens_on": "2026-12-10",
    "closes_on": "2027-01-15",
    "rate": "3,5",
    "months": "24",
    "risks": "Le toit peut produire moins que prévu.",
    "raised_elsewhere": "0",
    "declared_on": "2026-12-01",
}


def give_the_lei(town: Town) -> None:
    """A loan's sheet prints the holder's LEI: it is given beside the other numbers."""
    town.open("/porteur/")
    see(town, "Vos campagnes")
    follow(town, "Sa fiche, son équipe", "Toits de Gohelle")
    follow(town, "Les numéros", "Les numéros")
    fill(town.page, {"lei": OWNER_LEI})
    press(town, "Enregistrer les numéros", "Toits de Gohelle")


def prepare_the_offer(town: Town, holder: User) -> None:
    """On the phone: from the labelled file to the terms, what the sheet says, the team and the plan, then sent."""
    sit(town, holder, PHONE)
    page = town.page
    give_the_lei(town)
    town.open("/porteur/dossiers/")
    follow(town, "Toit solaire de l’école", "Toit solaire de l’école")
    says(town, "Bail signé avec la commune")
    follow(town, "Préparer l’offre", "Vos offres")
    follow(town, "Toit solaire de l’école", "Les conditions de l’offre")
    fill(page, TERMS)
    press(town, "Enregistrer les conditions", "Toit solaire de l’école")
    follow(town, "La fiche d’informations clés", "La fiche d’informations clés")
    figures = [
        {f"{key}_{rank}": str(value) for key, value in year.items()}
        for rank, year in enumerate(ANSWERS["figures"], start=1)
    ]
    written = {name: value for name, value in ANSWERS.items() if name != "figures"}
    fill(page, written | figures[0] | figures[1])
    press(town, "Enregistrer", "Toit solaire de l’école")
    follow(town, "L’équipe", "L’équipe")
    fill(page, {"form-0-name": "Nadia Vasseur", "form-0-role": "Gérante", "form-0-is_responsible": True})
    press(town, "Enregistrer", "Toit solaire de l’école")
    follow(town, "Le plan de financement", "Le plan de financement")
    fill(page, {"form-0-kind": "BANK", "form-0-label": "Banque du bassin", "form-0-amount": "10000"})
    press(town, "Enregistrer", "Toit solaire de l’école")
    press(town, "Transmettre", "Toit solaire de l’école")
    says(town, "Le dossier est transmis")


def open_the_offer(town: Town, manager: User) -> None:
    """The manager reads the file, publishes its sheet, and opens the campaign on its day."""
    sit(town, manager)
    town.open("/gestion/offres/")
    see(town, "Offres")
    follow(town, "Toit solaire de l’école", "Toit solaire de l’école")
    press(town, "Accepter le dossier", "Toit solaire de l’école")
    press(town, "Publier la fiche d’informations clés", "Toit solaire de l’école")
    says(town, "Fiche, version 1")
    press(town, "Ouvrir la campagne", "Toit solaire de l’école")
    says(town, "Campagne ouverte")


def lend(town: Town, saver: User, amount: str) -> None:
    """A saver opens the information sheet, then lends: read over, signed, in reflection for four days."""
    sit(town, saver, PHONE)
    page = town.page
    town.open("/projets/")
    see(town, "Projets ouverts")
    follow(town, "Toit solaire de l’école", "Toit solaire de l’école")
    sheet = page.get_by_role("link", name="Ouvrir la fiche d’informations clés").get_attribute("href")
    answer = page.request.get(f"{town.url}{sheet}")
    assert answer.headers["content-type"] == "application/pdf"
    assert len(PdfReader(io.BytesIO(answer.body())).pages) <= 6
    follow(town, "Prêter à ce projet", "Toit solaire de l’école")
    fill(page, {"amount": amount})
    page.click("main form button.btn-primary")
    see(town, "Toit solaire de l’école")
    for box in page.locator("main form input[type=checkbox]").all():
        box.check()
    page.click("main form button.btn-primary")
    see(town, f"{amount},00")


def pay(town: Town, saver: User) -> None:
    """After the reflection: the commitment is paid by debit on the provider's page."""
    sit(town, saver, PHONE)
    page = town.page
    town.open("/espace/")
    see(town, "")
    page.locator("main").get_by_role("link", name="Toit solaire de l’école").first.click()
    page.click("main form button:has-text('Payer')")
    page.wait_for_url(re.compile(r"/c/|/pay|cs_"))
    page.click("button[value=sepa_paid]")
    page.wait_for_url(re.compile(r"/paiements/"))
    see(town, "Votre banque n’a pas encore répondu")
