"""A file written on a phone by one, on a desktop by another, signed and sent; then instructed."""

import os
from pathlib import Path
from typing import Any

import pytest

from projects.models import Application
from projects.states import ApplicationState
from tests.browser.conftest import DESK, PHONE, Town
from tests.investors.factories import PartyFactory, RoleGrantFactory, TaxResidenceFactory, UserFactory
from tests.projects.applications import scenes
from tests.projects.factories import MembershipFactory


def with_profile(user: Any) -> Any:
    TaxResidenceFactory(party=PartyFactory(user=user))
    return user


def shoot(town: Town, name: str) -> None:
    """Keep a picture of the page when a folder is named, for people to look at."""
    folder = os.environ.get("FRES_SHOTS")
    if folder:
        width = town.page.viewport_size["width"] if town.page.viewport_size else 0
        town.page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"), full_page=True)


@pytest.mark.usefixtures("transactional_db")
def test_a_file_is_begun_on_a_phone_and_saves_itself(town: Town) -> None:
    scenes.a_commune()
    call = scenes.a_call()
    _organisation, signer = scenes.a_team()
    with_profile(signer)
    town.open("/appels-a-projets/")
    town.check_page("Proposer un projet")
    town.open(f"/appels-a-projets/{call.slug}/")
    town.check_page(call.title)
    shoot(town, "appel")
    town.sign_in(signer)
    town.open(f"/porteur/appels/{call.slug}/commencer/")
    town.check_page("Commencer un dossier")
    town.page.get_by_label("Nom du projet").fill("Toit de la halle")
    town.page.get_by_label("Le projet en une phrase").fill("Couvrir la halle de panneaux.")
    town.page.get_by_label("Code postal du projet").fill("62300")
    town.page.get_by_role("button", name="Ouvrir le dossier").click()
    town.check_page("Toit de la halle")
    shoot(town, "dossier")
    town.page.get_by_role("link", name="Accompagnement et refus bancaires").click()
    town.check_page("Accompagnement et refus bancaires")
    town.page.get_by_label("Ce qu’elle fait avec vous").fill("Un plan d’affaires.")
    town.page.get_by_label("Oui").check()
    # The answer makes another question appear, and nothing was pressed.
    town.page.get_by_text("Un refus n’est pas un défaut").wait_for()
    application = Application.objects.get()
    answers = application.sections.get(section="support").answers
    assert answers == {"accompaniment": "Un plan d’affaires.", "asked_bank": True}
    shoot(town, "section")
    town.page.get_by_role("link", name="Budget sur trois ans").click()
    town.check_page("Budget sur trois ans")
    shoot(town, "budget")


@pytest.mark.usefixtures("transactional_db")
def test_a_colleague_completes_it_at_a_desk_and_the_representative_signs(town: Town) -> None:
    organisation, signer = scenes.a_team()
    colleague = with_profile(UserFactory())
    with_profile(signer)
    MembershipFactory(organisation=organisation, user=colleague)
    application = scenes.fill(scenes.a_draft(by=signer), by=colleague)
    town.page.set_viewport_size(DESK)
    town.sign_in(colleague)
    town.open(f"/porteur/dossiers/{application.uuid}/")
    town.check_page("Toit solaire de l’école")
    town.page.get_by_role("link", name="Budget sur trois ans").click()
    town.check_page("Budget sur trois ans")
    shoot(town, "budget")
    town.open(f"/porteur/dossiers/{application.uuid}/section/balises/")
    town.check_page("Les dix balises")
    town.open(f"/porteur/dossiers/{application.uuid}/section/documents/")
    town.check_page("Pièces")
    shoot(town, "pieces")
    town.open(f"/porteur/dossiers/{application.uuid}/relire/")
    town.check_page("Relire, signer et déposer")
    town.page.get_by_role("button", name="Demander sa signature").click()
    assert town.last_message(signer.email, "applications/notice")
    town.page.set_viewport_size(PHONE)
    town.sign_in(signer)
    town.open(f"/porteur/dossiers/{application.uuid}/relire/")
    town.check_page("Relire, signer et déposer")
    shoot(town, "relire")
    town.page.get_by_label("Je représente légalement").check()
    town.page.get_by_role("button", name="Signer et déposer").click()
    town.page.get_by_text("DOS-2026-00001").first.wait_for()
    application.refresh_from_db()
    assert application.state == ApplicationState.SUBMITTED
    town.check_page("Toit solaire de l’école")
    shoot(town, "depose")
    town.page.set_viewport_size(DESK)
    town.sign_in(with_profile(RoleGrantFactory(role="instructor").user))
    town.open("/gestion/dossiers/")
    town.check_page("Dossiers déposés")
    shoot(town, "gestion-dossiers")
    town.open(f"/gestion/dossiers/{application.uuid}/")
    town.check_page("Toit solaire de l’école")
    shoot(town, "gestion-dossier")
    town.open("/pourquoi-des-projets-sont-refuses/")
    town.check_page("Pourquoi des projets ont été refusés")
