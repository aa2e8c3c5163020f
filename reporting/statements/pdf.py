"""Draw a yearly statement: one account after the other, each closed by its double rule; two pages for most savers.

Pure: the same statement, number and address give the same bytes. Texts are French whoever asks (D13): `render` is
called with French active, or where translations are off.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from fres.kernel import charts
from fres.kernel.french_dates import date_in_figures, date_in_words
from fres.kernel.money import MINUS, NARROW_SPACE, NO_BREAK_SPACE
from fres.kernel.pdf.layout import RIGHT, Column, LedgerPage, Letterhead, Row, RowKind
from fres.kernel.pdf.style import QUIET, SMALL, STRONG
from reporting.statements.content import Statement

_FIGURE = 55.0  # points: fits 99 999 999,99 in the small size
_WIDE_FIGURE = 72.0
CHART_WIDTH = 300.0


def render(statement: Statement, *, number: str, check_address: str) -> bytes:
    """Return the PDF of a statement under its number. Args: check_address: where the paper is checked."""
    title = f"Relevé annuel {statement.year}"
    sheet = LedgerPage(
        title=title,
        letterhead=Letterhead(
            issuer=statement.issuer,
            siren=_grouped(statement.issuer_siren),
            kind="Relevé annuel",
            document_number=number,
            check_address=check_address,
        ),
        created_at=statement.issued_at,
        subject=f"Épargnant n° {statement.saver_number}",
    )
    sheet.title(title)
    sheet.paragraph(f"{statement.saver_name}, n° {statement.saver_number}", STRONG, after=0)
    sheet.paragraph(", ".join(statement.saver_address))
    if statement.replaces:
        sheet.paragraph(f"Ce relevé corrige et remplace le relevé n° {statement.replaces}.", STRONG)
    sheet.lead_figures(
        [
            (f"Engagé au 1er{NO_BREAK_SPACE}janvier", _euros(statement.opening_cents)),
            (f"Engagé au 31{NO_BREAK_SPACE}décembre", _euros(statement.closing_cents)),
            ("Intérêts bruts", _euros(statement.gross_interest_cents)),
            ("À vous verser", _euros(statement.to_be_paid.closing_cents)),
        ]
    )
    if statement.commitments:
        _commitments(sheet, statement)
        _movements(sheet, statement)
    _interest(sheet, statement)
    _to_be_paid(sheet, statement)
    _claim(sheet, statement)
    _gifts(sheet, statement)
    _projects(sheet, statement)
    _ahead(sheet, statement)
    sheet.heading("À savoir")
    sheet.bullets(list(_notes(statement)), SMALL)
    sheet.check_code()
    return sheet.finish()


def _commitments(sheet: LedgerPage, statement: Statement) -> None:
    sheet.heading("Vos engagements")
    names = ("Ouverture", "Versé", "Rendu", "Donné", "Remboursé", "Clôture")
    columns = (
        Column("Projet, en euros", is_header=True),
        *(Column(name, width=_FIGURE, align=RIGHT) for name in names),
    )
    rows, total = [], [0] * len(names)
    for line in statement.commitments:
        cents = (
            line.opening_cents,
            line.paid_in_cents,
            line.given_back_cents,
            line.given_cents,
            line.repaid_cents,
            line.closing_cents,
        )
        total = [before + one for before, one in zip(total, cents, strict=True)]
        rows.append(Row((f"{line.project}. {line.terms}", *map(_figures, cents))))
    rows.append(Row(("Total", *map(_figures, total)), RowKind.TOTAL))
    sheet.table(columns, rows, summary="Engagements, de l’ouverture à la clôture", style=SMALL, after=4)
    held = statement.closing_cents - sum(line.lent_cents for line in statement.commitments)
    sheet.paragraph(
        "Ouverture + versé − rendu − donné − remboursé = clôture. À la clôture, "
        f"{_euros(statement.closing_cents - held)} sont prêtés à des projets et {_euros(held)} sont détenus pour vous, "
        "en attente de la décision d’une offre.",
        QUIET,
    )


def _movements(sheet: LedgerPage, statement: Statement) -> None:
    sheet.heading("Mouvements de l’année")
    columns = (
        Column("Date", in_margin=True),
        Column("Opération"),
        Column("Montant", width=_WIDE_FIGURE, align=RIGHT),
        Column("Engagé", width=_WIDE_FIGURE, align=RIGHT),
    )
    balance = statement.opening_cents
    first, last = (date_in_figures(date(statement.year, month, day)) for month, day in ((1, 1), (12, 31)))
    rows = [Row((first, "Ouverture", "", _figures(balance)), RowKind.OPENING)]
    for movement in statement.movements:
        balance += movement.cents
        rows.append(Row((date_in_figures(movement.on), movement.label, _figures(movement.cents), _figures(balance))))
    rows.append(Row((last, "Clôture", "", _figures(balance)), RowKind.TOTAL))
    sheet.table(columns, rows, summary="Mouvements de l’année et solde après chacun", style=SMALL)


def _interest(sheet: LedgerPage, statement: Statement) -> None:
    sheet.heading("Intérêts, prélèvements et frais")
    if statement.interest:
        names = ("Brut", "Impôt retenu", "Prél. sociaux", "Net")
        columns = (
            Column("Prêt, en euros", is_header=True),
            Column("Taux retenus", width=96),
            *(Column(name, width=_FIGURE, align=RIGHT) for name in names),
        )
        rows, total = [], [0] * len(names)
        for line in statement.interest:
            cents = (line.gross_cents, line.income_tax_cents, line.social_levy_cents, line.net_cents)
            total = [before + one for before, one in zip(total, cents, strict=True)]
            rows.append(Row((line.project, line.rates, *map(_figures, cents))))
        rows.append(Row(("Total", "", *map(_figures, total)), RowKind.TOTAL))
        sheet.table(columns, rows, summary="Intérêts de l’année", style=SMALL, after=4)
    else:
        sheet.paragraph(f"Aucun intérêt ne vous a été attribué cette année : {_euros(0)}.")
    sheet.paragraph(f"Frais prélevés sur votre épargne : {_euros(0)}.")


def _to_be_paid(sheet: LedgerPage, statement: Statement) -> None:
    owed = statement.to_be_paid
    steps = (
        ("Ouverture", owed.opening_cents),
        ("Capital remboursé", owed.principal_cents),
        ("Intérêts nets", owed.net_interest_cents),
        ("Gardé sur un débit contesté", -owed.kept_cents),
        ("Versé sur votre compte", -owed.paid_cents),
    )
    _account(sheet, "Ce que nous vous devons", "Sommes à vous verser", steps, owed.closing_cents)


def _claim(sheet: LedgerPage, statement: Statement) -> None:
    claim = statement.claim
    steps = (
        ("Ouverture", claim.opening_cents),
        ("Débits contestés après le versement au projet", claim.contested_cents),
        ("Revenu de la banque", -claim.returned_cents),
        ("Gardé sur ce que nous vous devions", -claim.kept_cents),
        ("Passé en perte", -claim.written_off_cents),
    )
    if any(cents for _name, cents in steps):
        _account(sheet, "Ce que vous nous devez", "Débits contestés", steps, claim.closing_cents)


def _account(
    sheet: LedgerPage, heading: str, summary: str, steps: Sequence[tuple[str, int]], closing_cents: int
) -> None:
    if not closing_cents and not any(cents for _name, cents in steps):
        return
    sheet.heading(heading)
    columns = (Column(""), Column("Montant", width=_WIDE_FIGURE, align=RIGHT))
    kept = [step for step in steps if step[1] or step[0] == "Ouverture"]
    rows = [Row((name, _figures(cents))) for name, cents in kept]
    rows.append(Row(("Clôture", _figures(closing_cents)), RowKind.TOTAL))
    sheet.table(columns, rows, has_header=False, summary=summary, style=SMALL)


def _gifts(sheet: LedgerPage, statement: Statement) -> None:
    if not statement.gifts:
        return
    sheet.heading("Dons et reçus fiscaux")
    columns = (
        Column("Versé le", in_margin=True),
        Column("Projet et bénéficiaire"),
        Column("Reçu", width=150),
        Column("Montant", width=_WIDE_FIGURE, align=RIGHT),
    )
    rows, valid = [], 0
    for gift in statement.gifts:
        valid += 0 if gift.voided_on else gift.cents
        number = gift.receipt_number
        if gift.voided_on:
            number = f"{number}, annulé le {date_in_figures(gift.voided_on)}"
        rows.append(
            Row((date_in_figures(gift.paid_on), f"{gift.project}, {gift.beneficiary}", number, _figures(gift.cents)))
        )
    rows.append(Row(("", "Total des reçus valides", "", _figures(valid)), RowKind.TOTAL))
    sheet.table(columns, rows, summary="Reçus fiscaux des dons de l’année", style=SMALL)


def _projects(sheet: LedgerPage, statement: Statement) -> None:
    if not statement.commitments:
        return
    sheet.heading("Les projets que vous soutenez")
    columns = (
        Column("Projet", is_header=True),
        Column("Porté par", width=110),
        Column("Lieu", width=150),
        Column("Label", width=74),
    )
    seen = dict.fromkeys(
        (line.project, line.holder, f"{line.place} ({line.territory})" if line.territory else line.place, line.label)
        for line in statement.commitments
    )
    sheet.table(columns, [Row(cells) for cells in seen], summary="Projets, lieux et labels", style=SMALL)


def _ahead(sheet: LedgerPage, statement: Statement) -> None:
    years = [one for one in statement.years_ahead if one.principal_cents or one.interest_cents]
    if not years:
        return
    sheet.heading("Ce que les prêts doivent encore rendre")
    chart = charts.instalment_bars(
        [charts.YearOfInstalments(one.year, one.principal_cents, one.interest_cents) for one in years]
    )
    height = CHART_WIDTH * chart.view[3] / chart.view[2]
    sheet.ensure(height + 12)
    sheet.y -= charts.draw(chart, sheet.document, x=sheet.left, y=sheet.y + 6, width=CHART_WIDTH) + 12
    columns = (
        Column("Année, en euros", is_header=True),
        *(Column(name, width=_WIDE_FIGURE, align=RIGHT) for name in ("Capital", "Intérêts bruts")),
    )
    rows = []
    for one in years:
        name = f"{one.year}, en retard" if one.year <= statement.year else str(one.year)
        rows.append(Row((name, _figures(one.principal_cents), _figures(one.interest_cents))))
    total = (sum(one.principal_cents for one in years), sum(one.interest_cents for one in years))
    rows.append(Row(("Total", *map(_figures, total)), RowKind.TOTAL))
    sheet.table(columns, rows, summary="Remboursements attendus par année", style=SMALL)


def _notes(statement: Statement) -> Iterator[str]:
    on = date_in_words(statement.issued_on)
    yield (
        f"Relevé établi le {on} d’après les comptes au 31{NO_BREAK_SPACE}décembre {statement.year}. Un relevé émis ne "
        "change pas ; une erreur se corrige par un nouveau relevé, qui nomme celui-ci."
    )
    yield (
        "Un prêt à un projet n’est garanti par personne. Vous pouvez perdre tout ou partie de la somme prêtée. Ni la "
        "garantie des dépôts ni l’indemnisation des investisseurs ne s’appliquent."
    )
    if statement.years_ahead:
        yield "Les remboursements attendus supposent que chaque échéance soit payée à sa date."
    if statement.interest:
        yield (
            "Ce relevé n’est pas l’imprimé fiscal unique (formulaire 2561), qui vous est remis à part pour votre "
            "déclaration de revenus."
        )


def _figures(cents: int) -> str:
    """Return an amount for a column of figures: "1 234,56"; zero is written, never left out."""
    euros, rest = divmod(abs(cents), 100)
    whole = f"{euros:,}".replace(",", NARROW_SPACE) if euros > 999 else str(euros)
    return f"{MINUS}{whole},{rest:02}" if cents < 0 else f"{whole},{rest:02}"


def _euros(cents: int) -> str:
    return f"{_figures(cents)}{NO_BREAK_SPACE}€"


def _grouped(siren: str) -> str:
    return NO_BREAK_SPACE.join(siren[start : start + 3] for start in range(0, len(siren), 3))
