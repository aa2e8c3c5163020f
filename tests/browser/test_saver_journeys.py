"""The journeys that carry money, in a phone's browser: what the issue asks a stranger to see."""

import io
import re
from datetime import date, datetime, time
from urllib.parse import unquote_plus

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from fres.kernel import clock
from fres.kernel.access import Role
from fres.kernel.documents import open_document
from fres.kernel.models import Document, Territory
from fres.kernel.money import format_cents
from funds.books import check_books
from funds.chart import Purpose
from funds.ledger import balance_cents
from funds.models import Commitment, GiftReceipt, Offer, Payment, PayoutOrder
from funds.states import CommitmentState, PaymentState, PayoutState, RefundState
from investors.checks import record_check
from investors.models import LossSimulation, Party, PartyCheck
from investors.protection.questionnaire import read_questionnaire
from tests.browser.conftest import DESK, PHONE, Town
from tests.funds.factories import OfferFactory, euros
from tests.investors.factories import RoleGrantFactory
from tests.projects.factories import MembershipFactory, ProjectFactory

EMAIL = "lea.martin@fres.example"
PASSWORD = "un-mot-de-passe-de-trente-signes"


@pytest.fixture
def solar_loan(transactional_db: None) -> Offer:
    Territory.objects.get_or_create(
        level=Territory.Level.COMMUNE,
        code="62528",
        defaults={
            "name": "Loos-en-Gohelle", "departement_code": "62", "region_code": "32", "postal_codes": "62750",
            "vintage": date(2026, 1, 1), "valid_from": date(2026, 1, 1), "population": 6_500,
        },
    )  # fmt: skip
    return OfferFactory(
        open=True,
        slug="toit-solaire",
        project=ProjectFactory(title="Un toit solaire à Loos", commune_code="62528", slug="toit-solaire"),
        minimum=euros(100),
        maximum=euros(1_000),
        closes_at=datetime(2026, 12, 11, 23, 59, tzinfo=clock.PARIS),
        settles_on=date(2027, 1, 5),
    )


def sign_up(town: Town, page: Page) -> None:
    """Open an account, verify its address by the mail, and fill the profile the law asks for."""
    town.open("/compte/signup/")
    page.fill("[name=email]", EMAIL)
    page.fill("[name=password1]", PASSWORD)
    page.check("[name=accepts_terms]")
    town.check_page("compte")
    page.click("main form button[type=submit]")
    town.catch_up()
    mail = town.last_message(EMAIL, "account/email_confirmation_signup")
    link = re.search(r"https?://\S+/confirm-email/\S+", mail.body)
    assert link, mail.body
    page.goto(link[0])
    page.click("main form button[type=submit]")


def fill_profile(page: Page) -> None:
    for name, value in {
        "given_names": "Léa", "family_name": "Martin", "birth_date": "1990-05-17", "birth_place": "Lens",
        "address_line": "3 rue du Carreau", "postal_code": "62750",
    }.items():  # fmt: skip
        page.fill(f"main [name={name}]", value)
    page.click("main form button[type=submit]:has-text('profil')")


TYPED = {"work": "28 123,45", "cash": "15 234,56", "housing": "9 000", "taxes": "5 432,10"}


def get_ready(town: Town, page: Page) -> None:
    """Answer the entry questionnaire, and make the simulation: what is typed in it never leaves the browser (D14-5)."""
    town.check_page("deux étapes")
    page.click("text=Répondre au questionnaire")
    for question in read_questionnaire().questions:
        wanted = next((one for one in question.choices if one.is_right), question.choices[0])
        page.check(f"main input[name={question.key}][value={wanted.key}]")
    town.check_page("financement participatif")
    page.click("button:has-text('Envoyer mes réponses')")
    expect(page.locator("main")).to_contain_text("réussi, 10 sur 10")

    page.click("text=Faire la simulation")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(unquote_plus(f"{request.url} {request.post_data or ''}")))
    expect(page.locator("#simulation-send")).to_be_hidden()
    for name, amount in TYPED.items():
        page.fill(f"#simulation-{name}", amount)
    expect(page.locator("#simulation-words")).to_have_text(
        "Vous pouvez supporter une perte d’environ 2\u202f892,59\u00a0€"
    )
    page.fill("#simulation-loans", "beaucoup")
    expect(page.locator("#simulation-words")).to_contain_text("ne se lit pas")
    page.fill("#simulation-loans", "")
    town.check_page("Quelle perte")
    page.check("main [name=received]")
    page.click("button:has-text('Transmettre le résultat')")
    town.check_page("Vous pouvez prêter")
    assert any("2892,59" in one for one in sent)
    for typed in TYPED.values():
        assert not any(form in one for one in sent for form in (typed, typed.replace(" ", ""), typed.split(",")[0]))
    made = LossSimulation.objects.get()
    assert (made.is_sent, made.result) == (True, euros("2892.59"))
    page.click("text=Revenir à mon engagement")


def check_identity(saver: Party) -> None:
    """Compliance looks at an identity document and at the lists, as it must before a loan is paid (E24)."""
    officer = RoleGrantFactory(role=Role.COMPLIANCE).user
    for kind in (PartyCheck.Kind.IDENTITY, PartyCheck.Kind.LISTS):
        record_check(
            party=saver, kind=kind, evidence="Carte d’identité vue ; listes du jour.", by=officer, at=clock.now()
        )


def commit(town: Town, page: Page, amount: str) -> None:
    town.open("/projets/toit-solaire/engager/")
    page.fill("main [name=amount]", amount)
    page.click("main form button.btn-primary")
    for box in page.locator("main form input[type=checkbox]").all():
        expect(box).not_to_be_checked()
        box.check()
    town.check_page("toit solaire")
    page.click("main form button.btn-primary")
    expect(page.locator("h1")).to_contain_text("100,00")


def pay_by_debit(page: Page, outcome: str) -> None:
    page.click("main form button:has-text('Payer')")
    page.wait_for_url(re.compile(r"/c/|/pay|cs_"))
    page.click(f"button[value={outcome}]")
    page.wait_for_url(re.compile(r"/paiements/"))


@pytest.mark.django_db(transaction=True)
def test_a_saver_lends_withdraws_lends_again_and_sees_every_date(town: Town, page: Page, solar_loan: Offer) -> None:
    sign_up(town, page)
    town.open("/projets/")
    town.check_page("rojets")
    page.click("text=Un toit solaire à Loos")
    town.check_page("Un toit solaire à Loos")

    town.open("/projets/toit-solaire/engager/")
    assert "/espace/profil/" in page.url
    fill_profile(page)
    get_ready(town, page)
    assert "/projets/toit-solaire/engager/" in page.url

    commit(town, page, "100")
    town.check_page("100,00")
    page.click("button:has-text('Retirer mon engagement')")
    expect(page.locator("main")).to_contain_text("Retiré")
    commit(town, page, "100")
    commitment = Commitment.objects.get(state=CommitmentState.IN_REFLECTION)
    assert page.locator("button:has-text('Payer')").count() == 0

    town.pass_time(days=5)
    town.open(f"/engagements/{commitment.uuid}/")
    town.check_page("100,00")
    page.click("main form button:has-text('Payer')")
    expect(page.locator("body")).to_contain_text("pièce d’identité")
    check_identity(commitment.saver)
    pay_by_debit(page, "sepa_paid")
    town.check_page("Votre banque n’a pas encore répondu")
    town.pass_time(days=8)
    payment = Payment.objects.get(commitment=commitment)
    assert payment.state == PaymentState.CLEARED
    town.open(f"/paiements/{payment.uuid}/")
    town.check_page("encaissé")

    town.pass_time(days=16)
    solar_loan.refresh_from_db()
    commitment.refresh_from_db()
    assert solar_loan.state == "SUCCEEDED"
    assert commitment.state == CommitmentState.SETTLED
    pay_out(town, page, solar_loan)
    commitment.refresh_from_db()
    pay_first_instalment(town, page, solar_loan)
    check_statement(town, page, commitment)


def pay_out(town: Town, page: Page, offer: Offer) -> None:
    """The holder opens their account at the provider; one person prepares the payout, another approves it."""
    holder = MembershipFactory(organisation=offer.project.organisation, is_legal_representative=True).user
    RoleGrantFactory(user=holder, role=Role.HOLDER)
    town.sign_in(holder)
    town.open("/porteur/")
    town.check_page("")
    page.click("button:has-text('prestataire'), button:has-text('compte')")
    page.click("button:has-text('Compléter le dossier')")
    town.catch_up()
    for _rank, act in enumerate(("Préparer", "Approuver")):
        town.sign_in(RoleGrantFactory(role=Role.TREASURER).user)
        page.set_viewport_size(DESK)
        town.open("/gestion/")
        town.check_page("")
        town.open("/gestion/versements/")
        town.check_page("ersements")
        if act == "Approuver":
            page.click(f"text={offer.project.title} >> nth=0")
            town.open(f"/gestion/versements/{PayoutOrder.objects.get().uuid}/")
        page.click(f"button:has-text('{act}')")
    town.pass_time(days=4)
    town.catch_up()
    assert PayoutOrder.objects.get().state == PayoutState.PAID
    page.set_viewport_size(PHONE)


def pay_first_instalment(town: Town, page: Page, offer: Offer) -> None:
    first = offer.loan.instalments.get(rank=1)
    town.leap(datetime.combine(first.due_on, time(10, 0), tzinfo=clock.PARIS))
    town.sign_in(offer.project.organisation.memberships.get().user)
    town.open("/porteur/")
    town.check_page("")
    page.click("button:has-text('Payer')")
    page.click("button[value=card_paid]")
    page.wait_for_url(re.compile(r"/paiements/"))
    town.check_page("encaissé")
    town.catch_up()
    line = first.distribution.lines.get()
    owed = balance_cents(entity=offer.books, purpose=Purpose.TO_BE_PAID, party=line.holding.party, offer=offer)
    assert owed == line.net_cents == first.total_cents - line.income_tax_cents - line.social_levy_cents


def check_statement(town: Town, page: Page, commitment: Commitment) -> None:
    """The year ends: the statement is issued, says what the ledger says, and downloads from the saver's space."""
    town.leap(datetime(2028, 1, 5, 10, 0, tzinfo=clock.PARIS))
    call_command("issue_statements", year=2027, stdout=io.StringIO())
    statement = Document.objects.get(kind="statement", owner_party=commitment.saver.uuid)
    town.sign_in(commitment.by)
    town.open("/espace/")
    town.check_page("")
    town.open("/espace/documents/")
    town.check_page("ocuments")
    expect(page.locator("main")).to_contain_text(statement.number)
    text = "".join(one.extract_text() for one in PdfReader(io.BytesIO(open_document(statement))).pages)
    line = commitment.holding.lines.get()
    for cents in (
        line.interest_cents,
        line.principal_cents,
        line.income_tax_cents,
        line.social_levy_cents,
        line.net_cents,
    ):
        assert format_cents(cents).removesuffix("\u00a0€") in text.replace("\n", " ")
    assert check_books().problems == ()


@pytest.mark.django_db(transaction=True)
def test_a_gift_is_paid_at_once_receipted_and_given_back_with_its_receipt_voided(
    town: Town, page: Page, solar_loan: Offer
) -> None:
    gift = OfferFactory(
        gift=True, open=True, receipts=True, slug="sentiers", minimum=euros(100), maximum=euros(1_000),
        project=ProjectFactory(title="Les sentiers des terrils", commune_code="62528", slug="sentiers"),
    )  # fmt: skip
    sign_up(town, page)
    town.open("/espace/profil/")
    fill_profile(page)
    town.open(f"/projets/{gift.slug}/engager/")
    page.fill("main [name=amount]", "40")
    page.check("main [name=wants_receipt]")
    town.check_page("sentiers")
    page.click("main form button.btn-primary")
    page.click("button[value=card_paid]")
    page.wait_for_url(re.compile(r"/paiements/"))
    town.catch_up()
    commitment = Commitment.objects.get(offer=gift)
    assert commitment.state == CommitmentState.CLEARED
    receipt = GiftReceipt.objects.get(commitment=commitment)
    town.open(f"/engagements/{commitment.uuid}/")
    town.check_page("40,00")
    expect(page.locator("main")).to_contain_text(receipt.document.number)

    page.click("summary:has-text('remboursement')")
    page.click("button:has-text('Me faire rendre')")
    town.catch_up()
    town.pass_time(days=1)
    commitment.refresh_from_db()
    receipt.document.refresh_from_db()
    assert commitment.state == CommitmentState.REFUNDED
    assert commitment.payments.get().refunds.get().state == RefundState.DONE
    assert receipt.document.void.reason
    town.open(f"/engagements/{commitment.uuid}/")
    town.check_page("40,00")
    assert check_books().problems == ()
