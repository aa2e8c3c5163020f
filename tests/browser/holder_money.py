"""The holder's journey with money: the offer and its sheet, savers, contract, payout, the first yearly report."""

import io
import re

from pypdf import PdfReader

from investors.models import User
from tests.browser.conftest import PHONE, Town
from tests.browser.holder_steps import fill, follow, press, says, see, sit
from tests.funds.campaigns.scenes import ANSWERS, OWNER_LEI
from tests.projects.applications.scenes import pdf_bytes

TERMS = {
    "lane": "PROJECT",
    "minimum": "100",
    "maximum": "1000",
    "ticket_minimum": "20",
    "ticket_maximum": "500",
    "opens_on": "2026-11-27",
    "closes_on": "2026-12-01",
    "rate": "3,5",
    "months": "24",
    "risks": "Le toit peut produire moins que prévu.",
    "raised_elsewhere": "0",
    "declared_on": "2026-11-01",
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


def open_the_payee_account(town: Town, holder: User) -> None:
    """The holder answers the payment provider, from their space."""
    sit(town, holder, PHONE)
    town.open("/porteur/")
    see(town, "Vos campagnes")
    town.page.locator("main").get_by_role("button", name="Répondre au prestataire").click()
    town.page.click("button:has-text('Compléter le dossier')")
    town.page.wait_for_url(re.compile(r"/porteur/"))
    town.catch_up()


def check_the_holder(town: Town, compliance: User) -> None:
    """Identity and sanctions lists, on evidence: without them no euro leaves."""
    sit(town, compliance)
    for kind in ("IDENTITY", "LISTS"):
        town.open("/gestion/personnes/?q=Toits")
        see(town, "Personnes")
        follow(town, "Toits de Gohelle SCIC SARL", "Toits de Gohelle SCIC SARL")
        fill(town.page, {"kind": kind, "evidence": "Extrait du registre, 10 décembre 2026"})
        press(town, "Enregistrer ce contrôle", "Toits de Gohelle SCIC SARL")


def meet_the_condition(town: Town, manager: User) -> None:
    """What the committee asked before any payout is met, on a named proof."""
    sit(town, manager)
    town.open("/gestion/comite/conditions/")
    see(town, "Conditions suspensives")
    fill(town.page, {"evidence": "Bail signé le 9 décembre 2026"})
    press(town, "Lever cette condition", "Conditions suspensives")


def pay_out(town: Town, preparer: User, approver: User) -> None:
    """One person prepares, another approves; the worker's order leaves and the provider pays."""
    sit(town, preparer)
    town.open("/gestion/versements/")
    see(town, "Versements")
    press(town, "Préparer", "Toit solaire de l’école")
    sit(town, approver)
    town.open("/gestion/versements/")
    see(town, "Versements")
    town.page.locator("main .ledger-wrap").last.get_by_role("link").first.click()
    see(town, "Toit solaire de l’école")
    press(town, "Approuver", "Toit solaire de l’école")
    town.pass_time(days=3)
    town.catch_up()


def report(town: Town, holder: User, reviewer: User) -> None:
    """The year is over: the holder writes what was done, with proofs, and signs; the fund reads and publishes it."""
    sit(town, holder, PHONE)
    page = town.page
    town.open("/porteur/")
    follow(town, "Vos rapports annuels", "Vos rapports annuels")
    follow(town, "Écrire le rapport", "Rapport annuel 2026")
    says(town, "60 000 (2028)")  # what the file forecast, beside the question
    figures = {"turnover": "105000", "result": "4000", "equity": "24000"}
    measure = {"ENR-01-value": "5200", "ENR-01-quality": "2", "ENR-01-evidence": "Compteur relevé le 31 décembre"}
    words = {"governance": "Une assemblée, soixante membres.", "label_report": "Rien n’a changé."}
    fill(page, measure | figures | words)
    press(town, "Enregistrer", "Rapport annuel 2026")
    for kind in ("accounts", "minutes"):
        fill(page, {"kind": kind})
        page.locator("main input[type=file]").set_input_files(
            {"name": f"{kind}.pdf", "mimeType": "application/pdf", "buffer": pdf_bytes()}
        )
        press(town, "Joindre cette pièce", "Rapport annuel 2026")
    press(town, "Signer et transmettre le rapport", "Rapport annuel 2026")
    sit(town, reviewer)
    town.open("/gestion/rapports/")
    see(town, "Rapports des projets")
    follow(town, "Toit solaire de l’école", "Rapport annuel 2026")
    press(town, "Publier le rapport")
    says(town, "publié")


def read_the_report(town: Town) -> None:
    """Anyone finds the report on the project's page, without an account."""
    town.page.context.clear_cookies()
    town.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    town.open("/projets/toit-solaire-de-lecole/")
    see(town, "Toit solaire de l’école")
    follow(town, "Rapport annuel 2026", "2026")
    says(town, "5 200")
