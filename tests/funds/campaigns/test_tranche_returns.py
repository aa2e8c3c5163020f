"""A tranche refused goes back to its lenders: two people, every cent, a schedule on what is left; and its evidence."""

import io
from datetime import date, timedelta

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse

from fres.kernel.access import Role
from fres.kernel.documents import open_document
from fres.kernel.inspection import UploadRefused
from fres.kernel.models import Document, Message
from fres.kernel.states import TransitionRefused
from fres.kernel.uploads import FileTooHeavy
from funds.campaigns.refusals import ReturnRefused
from funds.campaigns.tranche_returns import approve_return, prepare_return, refuse_return
from funds.campaigns.tranches import close_vote, publish_evidence, vote_on_tranche
from funds.chart import Purpose
from funds.ledger import balance_cents
from funds.models import DistributionLine, Instalment, Loan, TrancheReturn
from funds.portfolio import portfolio_of
from funds.servicing.payouts import FourEyes
from funds.states import TrancheReturnState, TrancheState
from tests.funds.campaigns.test_tranches import AFTER, VOTED, a_success, books_are_clean, held, pay
from tests.funds.factories import OfferFactory, PaymentFactory, euros
from tests.investors.factories import RoleGrantFactory, UserFactory
from tests.investors.sessions import sign_in

pytestmark = pytest.mark.django_db


def a_pdf(*, script=False):
    pdf, out = pikepdf.new(), io.BytesIO()
    pdf.add_blank_page()
    if script:
        pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
    pdf.save(out)
    return out.getvalue()


PDF = a_pdf()
REASON = "La facture n’est pas au nom du projet."


def a_refused_tranche(*lent, months=24, **fields):
    """An offer in two tranches, the first paid, the second refused by its largest lender."""
    offer, savers = a_success(*(lent or (600, 400)), months=months, **fields)
    pay(offer)
    tranche = publish_evidence(tranche=offer.tranches.get(rank=2), text="Une photo.", by=UserFactory(), at=AFTER)
    vote_on_tranche(tranche=tranche, party=savers[0], is_for=False, by=savers[0].user, at=AFTER)
    return close_vote(tranche=tranche, at=VOTED), savers


def give_back(tranche, at=VOTED):
    prepared = prepare_return(tranche=tranche, reason=REASON, by=UserFactory(), at=at)
    return approve_return(tranche_return=prepared, by=UserFactory(), at=at)


def owed(offer, saver):
    return balance_cents(entity=offer.books, purpose=Purpose.TO_BE_PAID, party=saver, offer=offer)


def test_each_lender_gets_their_part_back_to_the_cent_and_the_books_stay_clean():
    tranche, savers = a_refused_tranche(333, 333, 334)
    offer = tranche.offer
    assert held(offer) == 58_800
    done = give_back(tranche)
    tranche.refresh_from_db()
    assert (done.state, tranche.state) == (TrancheReturnState.DONE, TrancheState.GIVEN_BACK)
    assert held(offer) == 0
    shares = [owed(offer, saver) for saver in savers]
    assert sum(shares) == 58_800
    assert shares == [19_581, 19_580, 19_639]
    books_are_clean()


def test_what_is_left_is_owed_over_the_same_months_and_the_lines_before_are_kept():
    tranche, savers = a_refused_tranche()
    loan = Loan.objects.get(offer=tranche.offer)
    before = list(loan.instalments.values_list("due_on", flat=True))
    give_back(tranche)
    now = list(loan.instalments.order_by("rank"))
    assert (now[0].principal_cents, now[0].interest_cents) == (58_800, 0)
    assert now[0].balance_after_cents == 41_200
    assert [one.due_on for one in now[1:]] == before
    assert sum(one.principal_cents for one in now) == loan.principal_cents
    assert now[-1].balance_after_cents == 0
    assert Instalment.every.filter(loan=loan).count() == len(before) * 2 + 1
    held_now = portfolio_of(savers[0], at=VOTED)
    assert held_now.figures.in_projects == euros("247.20")
    assert held_now.figures.given_back == euros("352.80")
    assert Message.objects.filter(template="applications/notice", about_uuid=tranche.offer.uuid).count() >= 2


def test_the_next_instalment_is_shared_on_what_each_is_still_owed():
    tranche, _savers = a_refused_tranche()
    give_back(tranche)
    lines = DistributionLine.objects.filter(distribution__tranche_return__isnull=False)
    assert [one.principal_cents for one in lines.order_by("pk")] == [35_280, 23_520]
    assert not lines.exclude(interest_cents=0, income_tax_cents=0, social_levy_cents=0).exists()


def test_two_people_and_neither_of_them_acted_on_the_offer():
    tranche, _savers = a_refused_tranche()
    first = UserFactory()
    with pytest.raises(FourEyes, match="ouvert cette offre"):
        prepare_return(tranche=tranche, reason=REASON, by=tranche.offer.opened_by, at=VOTED)
    prepared = prepare_return(tranche=tranche, reason=REASON, by=first, at=VOTED)
    with pytest.raises(FourEyes, match="préparé ce retour"):
        approve_return(tranche_return=prepared, by=first, at=VOTED)
    with pytest.raises(FourEyes):
        approve_return(tranche_return=prepared, by=tranche.offer.opened_by, at=VOTED)
    with pytest.raises(ReturnRefused, match="existe déjà"):
        prepare_return(tranche=tranche, reason=REASON, by=UserFactory(), at=VOTED)
    with pytest.raises(IntegrityError), transaction.atomic():
        TrancheReturn.objects.filter(pk=prepared.pk).update(state="DONE", decided_by=first, decided_at=VOTED)
    assert held(tranche.offer) == 58_800


@pytest.mark.parametrize("reason", ["", "   ", "x" * 301])
def test_a_return_says_why_in_few_words(reason):
    tranche, _savers = a_refused_tranche()
    with pytest.raises(ReturnRefused, match="300 signes"):
        prepare_return(tranche=tranche, reason=reason, by=UserFactory(), at=VOTED)
    assert not TrancheReturn.objects.exists()


def test_a_tranche_that_no_vote_refused_stays_where_it_is():
    offer, _savers = a_success(1_000)
    with pytest.raises(ReturnRefused, match="un vote a refusé"):
        prepare_return(tranche=offer.tranches.get(rank=2), reason=REASON, by=UserFactory(), at=AFTER)


def test_a_loan_not_begun_or_almost_repaid_or_a_payment_under_way_holds_the_return_back():
    tranche, _savers = a_refused_tranche()
    loan = tranche.offer.loan
    payment = PaymentFactory(
        commitment=None, instalment=loan.instalments.get(rank=1), amount=euros(1), asked_by=UserFactory()
    )
    with pytest.raises(ReturnRefused, match="en cours de paiement"):
        give_back(tranche)
    payment.delete()
    Loan.objects.filter(pk=loan.pk).update(first_due_on=None)
    with pytest.raises(ReturnRefused, match="pas encore d’échéancier"):
        give_back(tranche)
    Loan.objects.filter(pk=loan.pk).update(first_due_on=date(2027, 1, 1))
    with pytest.raises(ReturnRefused, match="moins que cette tranche"):
        give_back(tranche, at=VOTED + timedelta(days=420))


def test_a_return_refused_leaves_the_tranche_to_new_evidence_and_is_decided_once():
    tranche, _savers = a_refused_tranche()
    prepared = prepare_return(tranche=tranche, reason=REASON, by=UserFactory(), at=VOTED)
    with pytest.raises(ReturnRefused, match="motif"):
        refuse_return(tranche_return=prepared, note=" ", by=UserFactory(), at=VOTED)
    refuse_return(tranche_return=prepared, note="La facture est arrivée.", by=UserFactory(), at=VOTED)
    with pytest.raises(TransitionRefused):
        approve_return(tranche_return=prepared, by=UserFactory(), at=VOTED)
    assert publish_evidence(tranche=tranche, text="La facture.", by=UserFactory(), at=VOTED).round == 2
    books_are_clean()


def test_a_vote_opened_again_meanwhile_holds_the_return_back():
    tranche, _savers = a_refused_tranche()
    prepared = prepare_return(tranche=tranche, reason=REASON, by=UserFactory(), at=VOTED)
    publish_evidence(tranche=tranche, text="La facture.", by=UserFactory(), at=VOTED)
    with pytest.raises(TransitionRefused):
        approve_return(tranche_return=prepared, by=UserFactory(), at=VOTED)
    assert held(tranche.offer) == 58_800


def test_the_file_that_shows_a_milestone_is_inspected_issued_and_open_to_all(client):
    offer, _savers = a_success(1_000)
    tranche = offer.tranches.get(rank=2)
    script = a_pdf(script=True)
    for content, refusal in ((script, UploadRefused), (b"MZ\x90", UploadRefused), (b"0" * 30_000_000, FileTooHeavy)):
        with pytest.raises(refusal), transaction.atomic():
            publish_evidence(
                tranche=tranche, text="Facture.", by=UserFactory(), at=AFTER,
                file=SimpleUploadedFile("facture.pdf", content),
            )  # fmt: skip
    tranche.refresh_from_db()
    assert tranche.state == TrancheState.WAITING
    assert not Document.objects.filter(kind="milestone_evidence").exists()
    tranche = publish_evidence(
        tranche=tranche, text="Facture.", by=UserFactory(), at=AFTER, file=SimpleUploadedFile("facture.pdf", PDF)
    )
    assert tranche.evidence_document.number.startswith("PREUVE/")
    assert open_document(tranche.evidence_document) == PDF
    shown = client.get(reverse("reporting:document", args=[tranche.evidence_document.uuid]))
    assert (shown.status_code, shown["Content-Type"]) == (200, "application/pdf")
    page = client.get(reverse("funds:offer", args=[offer.slug])).content.decode()
    assert tranche.evidence_document.number in page


def test_the_holder_joins_the_file_and_the_lender_opens_it(client):
    offer, savers = a_success(1_000)
    sign_in(client, offer.file.created_by)
    address = reverse("campaigns:questions", args=[offer.slug])
    assert "20\u00a0Mo" in client.get(address).content.decode()
    tranche = offer.tranches.get(rank=2)
    posted = {"tranche": tranche.uuid, "text": "La pose est finie.", "file": SimpleUploadedFile("f.exe", b"MZ")}
    assert client.post(address, posted).status_code == 422
    posted["file"] = SimpleUploadedFile("facture.pdf", PDF)
    assert client.post(address, posted).status_code == 302
    tranche.refresh_from_db()
    sign_in(client, savers[0].user)
    assert (
        tranche.evidence_document.number in client.get(reverse("campaigns:vote", args=[tranche.uuid])).content.decode()
    )


def test_the_desk_prepares_and_approves_with_two_people(client):
    tranche, savers = a_refused_tranche()
    address = reverse("campaigns:desk_tranche", args=[tranche.uuid])
    treasurer = RoleGrantFactory(role=Role.TREASURER).user
    sign_in(client, treasurer)
    assert "Préparer le retour" in client.get(address).content.decode()
    assert client.post(address, {"prepare": "1", "reason": ""}).status_code == 422
    assert client.post(address, {"prepare": "1", "reason": REASON}).status_code == 302
    shown = client.get(address).content.decode()
    assert "Vous avez préparé ce retour" in shown
    assert "Approuver et rendre" not in shown
    assert client.post(address, {"approve": "1"}).status_code == 422

    sign_in(client, RoleGrantFactory(role=Role.AUDITOR).user)
    assert "Approuver et rendre" not in client.get(address).content.decode()
    assert client.post(address, {"approve": "1"}).status_code == 403
    assert client.post(address, {"prepare": "1", "reason": REASON}).status_code == 403

    sign_in(client, RoleGrantFactory(role=Role.MANAGER).user)
    assert client.post(address, {"approve": "1"}).status_code == 302
    assert "Rendue aux prêteurs" in client.get(address).content.decode()
    assert owed(tranche.offer, savers[0]) == 35_280
    public = client.get(reverse("funds:offer", args=[tranche.offer.slug])).content.decode()
    assert "Rendue aux prêteurs" in public


def test_a_gift_is_never_given_back_by_tranches():
    from funds.campaigns.tranche_returns import why_not_returnable
    from funds.models import Tranche

    gift = OfferFactory(gift=True, succeeded=True)
    tranche = Tranche.objects.create(
        offer=gift, rank=2, planned=euros(50), amount=euros(50), milestone="Pose", proof="Photo", state="WAITING",
        round=1,
    )  # fmt: skip
    assert "don par don" in why_not_returnable(tranche, at=VOTED)
