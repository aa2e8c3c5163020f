import io
import os
import re
import subprocess
import sys
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from fres.kernel.pdf import flow, qr, style, wordmark, writer
from fres.kernel.pdf.canvas import RIGHT, TaggedDocument
from fres.kernel.pdf.fonts import (
    FACE_NAMES,
    SANS,
    SANS_SEMIBOLD,
    SERIF,
    UnprintableText,
    encode,
    get_face,
    kerned,
    unprintable_characters,
    width_of,
)
from fres.kernel.pdf.layout import Column, LedgerPage, Letterhead, LetterPage, Row, RowKind
from fres.kernel.pdf.style import BODY, COLOURS, MARGIN_LEFT, TITLE
from fres.kernel.pdf.svgpath import pdf_operators
from fres.kernel.pdf.text import Run, plain, wrap, wrap_runs
from tests.kernel.pdfa import can_preflight, preflight, problems

STATIC = Path(writer.__file__).resolve().parents[2] / "static"
AT = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
LETTERHEAD = Letterhead(
    issuer="Fonds régional d’épargne solidaire Hauts-de-France",
    siren="901\u00a0234\u00a0567",
    kind="Relevé annuel",
    document_number="RA-2025-000123",
    check_address="https://fres.example/verifier/RA-2025-000123",
)
COLUMNS = (
    Column("Date", in_margin=True),
    Column("Opération", is_header=True),
    Column("Montant", width=70, align=RIGHT),
)
printable = st.text(
    st.sampled_from([chr(c) for page in (0, 1, 2) for c in range(0x20, 0x250) if not unprintable_characters(chr(c))])
)


def a_ledger(*, rows: int = 80, created_at: datetime = AT) -> bytes:
    sheet = LedgerPage(
        title="Relevé annuel 2025", letterhead=LETTERHEAD, created_at=created_at, subject="Épargne & dons"
    )
    sheet.title("Relevé annuel 2025")
    sheet.paragraph(
        [Run("Voir "), Run("la page du fonds", address="https://fres.example/fonds"), Run(" en cas de doute.")]
    )
    sheet.lead_figures([("Versé", "1\u202f234,56\u00a0€"), ("Rendu", "\u221261,50\u00a0€")])
    sheet.heading("Mouvements")
    movements = [Row((f"{i % 28 + 1:02d}/01/2025", f"Remboursement n° {i}", f"{i},00")) for i in range(rows)]
    closing = Row(("31/12/2025", "Solde de clôture", "1\u202f234,56"), RowKind.TOTAL)
    sheet.table(COLUMNS, [*movements, closing], summary="Mouvements de l’année")
    sheet.subheading("Risques")
    sheet.bullets(["Aucune garantie.", "Vous pouvez perdre toute la somme. " * 5])
    sheet.check_code()
    return sheet.finish()


def a_contract() -> bytes:
    sheet = LetterPage(title="Contrat de prêt", letterhead=LETTERHEAD, created_at=AT)
    sheet.recipient(["Mme Camille Delattre", "62300 Lens"], place_and_date="Lille, le 15 janvier 2026")
    long = flow.Paragraph("Le prêteur met à la disposition de l’emprunteur une somme de 500,00\u00a0€. " * 12)
    flow.write_blocks(
        sheet,
        [
            flow.Title("Contrat de prêt"),
            flow.Terms((("Prêteur", "Mme Camille Delattre"), ("Montant", "500,00\u00a0€"))),
            *(flow.Clause(name, (long, long, flow.Bullets(("Un", "Deux")))) for name in ("Objet", "Durée", "Défaut")),
            flow.Signatures(("Le prêteur", "L’emprunteur")),
            flow.PageBreak(),
            flow.Heading("Annexe"),
            flow.Heading("Tableau", level=3),
            flow.Table(COLUMNS[1:], (Row(("Capital", "500,00")),)),
            flow.Paragraph("Note.", is_quiet=True),
        ],
    )
    return sheet.finish()


def a_page(draw) -> bytes:
    document = TaggedDocument(title="Essai", created_at=AT)
    document.new_page()
    draw(document)
    return document.finish()


def text_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


# The file


@pytest.mark.parametrize("make", [a_ledger, a_contract])
def test_a_document_is_tagged_and_archivable(make):
    assert problems(make()) == []


@pytest.mark.skipif(not can_preflight(), reason="Apache PDFBox Preflight is not installed")
@pytest.mark.parametrize("make", [a_ledger, a_contract])
def test_apache_pdfbox_accepts_a_document_as_pdf_a(make, tmp_path):
    path = tmp_path / "document.pdf"
    path.write_bytes(make())
    assert "is a valid PDF/A-1b file" in preflight(path)


@pytest.mark.parametrize("make", [a_ledger, a_contract])
def test_the_same_calls_give_the_same_bytes(make):
    assert make() == make()


def test_another_process_with_another_hash_seed_gives_the_same_bytes():
    program = "import sys; from tests.kernel.test_pdf import a_ledger; sys.stdout.buffer.write(a_ledger())"
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": "Asia/Tokyo", "SOURCE_DATE_EPOCH": seed}
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, env=environment, check=True, timeout=60
        )
        assert done.stdout == a_ledger()


def test_the_zone_in_which_the_moment_is_told_does_not_change_the_bytes():
    elsewhere = AT.astimezone(timezone(timedelta(hours=-5)))
    assert a_ledger(created_at=elsewhere) == a_ledger()


def test_another_moment_gives_another_file_and_another_identifier():
    first, second = (pikepdf.open(io.BytesIO(a_ledger(created_at=at))) for at in (AT, AT + timedelta(seconds=1)))
    assert bytes(first.trailer.ID[0]) != bytes(second.trailer.ID[0])


def test_a_naive_moment_or_an_empty_title_is_refused():
    with pytest.raises(ValueError, match="aware"):
        TaggedDocument(title="Essai", created_at=AT.replace(tzinfo=None))
    with pytest.raises(ValueError, match="title"):
        TaggedDocument(title="", created_at=AT)


def test_a_document_without_page_is_refused():
    with pytest.raises(ValueError, match="page"):
        TaggedDocument(title="Essai", created_at=AT).finish()


def test_title_author_and_subject_keep_their_characters_in_both_metadata():
    with pikepdf.open(io.BytesIO(a_ledger())) as pdf:
        assert str(pdf.docinfo["/Subject"]) == "Épargne & dons"
        assert pdf.open_metadata()["dc:description"] == "Épargne & dons"


def test_only_the_fonts_used_are_embedded():
    def draw(document):
        with document.tag("P"):
            document.text(100, 700, "Texte", BODY)

    with pikepdf.open(io.BytesIO(a_page(draw))) as pdf:
        assert [str(font.BaseFont) for font in pdf.pages[0].resources.Font.values()] == ["/FRESAA+FresSans-Regular"]


# The checker itself: each fault it should see


def broken(change) -> list[str]:
    with pikepdf.open(io.BytesIO(a_ledger(rows=5))) as pdf:
        change(pdf)
        buffer = io.BytesIO()
        pdf.save(
            buffer, object_stream_mode=pikepdf.ObjectStreamMode.disable, deterministic_id=True, force_version="1.4"
        )
    return problems(buffer.getvalue())


def drop_mark(pdf):
    page = pdf.pages[0]
    instructions = list(pikepdf.parse_content_stream(page))
    place = next(i for i, one in enumerate(instructions) if str(one.operator) == "BDC")
    end = next(i for i in range(place, len(instructions)) if str(instructions[i].operator) == "EMC")
    kept = [instruction for i, instruction in enumerate(instructions) if i not in (place, end)]
    page.Contents = pdf.make_stream(pikepdf.unparse_content_stream(kept))


def swap_owners(pdf):
    owners = pdf.Root.StructTreeRoot.ParentTree.Nums[1]
    owners[0], owners[1] = owners[1], owners[0]


def drop_alternative(pdf):
    for item in pdf.objects:
        if isinstance(item, pikepdf.Dictionary) and item.get("/S") == "/Figure":
            del item["/Alt"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda pdf: pdf.docinfo.__setitem__("/Title", "Autre"), "/Title is 'Autre'"),
        (lambda pdf: pdf.Root.__delitem__("/OutputIntents"), "no PDF/A output intent"),
        (lambda pdf: pdf.Root.__delitem__("/Lang"), "no language"),
        (lambda pdf: pdf.pages[0].resources.Font["/S0"].FontDescriptor.__delitem__("/FontFile2"), "not embedded"),
        (lambda pdf: pdf.pages[0].resources.Font["/S0"].Widths.__setitem__(3, 1), "wide in the file"),
        (lambda pdf: pdf.pages[0].resources.__setitem__("/ExtGState", pikepdf.Dictionary()), "transparency"),
        (drop_mark, "unmarked text"),
        (swap_owners, "parent tree"),
        (drop_alternative, "without alternative"),
    ],
)
def test_the_checker_sees_a_fault(change, said):
    assert any(said in problem for problem in broken(change))


def test_the_checker_sees_metadata_that_a_reader_must_decode_first(monkeypatch):
    monkeypatch.setattr(writer, "_uncompressed", writer._stream)
    assert "metadata is compressed" in problems(a_ledger(rows=1))


# Texts


def test_french_figures_are_extracted_with_their_real_characters():
    text = text_of(a_ledger())
    assert "1\u202f234,56\u00a0€" in text
    assert "\u221261,50\u00a0€" in text
    assert "Solde de clôture" in text


def test_reading_order_is_the_order_of_the_calls():
    text = text_of(a_contract())
    places = [text.index(words) for words in ("Mme Camille Delattre", "Article 1. Objet", "Article 2. Durée", "Annexe")]
    assert places == sorted(places)


def test_a_name_of_another_alphabet_of_europe_is_printed():
    name = "Nguyễn Łukasz Ștefan Ολυμπία Ђорђе İpek"

    def draw(document):
        with document.tag("P"):
            document.text(100, 700, name, BODY)

    content = a_page(draw)
    assert name in text_of(content)
    assert problems(content) == []


def test_a_text_no_font_can_draw_is_refused_by_its_character():
    with pytest.raises(UnprintableText, match=r"U\+1F600") as refused:
        encode("Bonjour \U0001f600")
    assert refused.value.character == "\U0001f600"
    with pytest.raises(UnprintableText):
        width_of("\u4e2d", SANS)
    assert unprintable_characters("A\U0001f600é\u4e2d\U0001f600") == "\U0001f600\u4e2d"


def test_a_letter_typed_with_a_combining_accent_is_the_same_letter():
    decomposed = unicodedata.normalize("NFD", "Épargne")
    assert encode(decomposed) == encode("Épargne")
    assert width_of(decomposed, SANS) == width_of("Épargne", SANS)
    assert kerned(decomposed, SERIF) == kerned("Épargne", SERIF)


@settings(max_examples=60)
@given(printable)
def test_every_text_that_can_be_printed_comes_back_the_same(text):
    characters = encode_back(text)
    assert characters == unicodedata.normalize("NFC", text)


def encode_back(text: str) -> str:
    """Decode runs by the ToUnicode maps that go into the file."""
    from fres.kernel.pdf.fonts import _metrics

    pages = _metrics()["characters"]
    out = []
    for number, codes in encode(text):
        bare = re.sub(r"\\(.)", r"\1", codes, flags=re.DOTALL)
        out += [chr(pages[number][str(ord(code))]) for code in bare]
    return "".join(out)


def test_every_face_gives_the_same_codes_and_the_narrow_space_its_width():
    for key in FACE_NAMES:
        face = get_face(key)
        assert [sorted(page.widths) for page in face.pages] == [sorted(page.widths) for page in get_face(SANS).pages]
        assert face.widths["\u202f"] == 215
        figures = [face.widths[figure] for figure in "0123456789"]
        assert max(figures) - min(figures) <= 1  # tabular; the italic of the source rounds one of them


def test_titles_are_kerned():
    _, wide = kerned("AVATAR", SERIF)
    assert wide < width_of("AVATAR", SERIF)
    assert kerned("Ștefan", SERIF) == ("", width_of("Ștefan", SERIF))


@settings(max_examples=80)
@given(st.text("abc é,.\u00a0\u202f-/@€", max_size=120), st.floats(20, 200))
def test_wrapping_loses_nothing_and_never_overflows(text, width):
    lines = wrap(text, SANS, 9.5, width)
    assert re.sub("[ ]+", "", "".join(lines)) == re.sub("[ ]+", "", text)
    for line in lines:
        wide = width_of(line.rstrip(" "), SANS) * 9.5 / 1000
        assert wide <= width + 1e-6 or len(line.strip()) <= 1


@settings(max_examples=80)
@given(st.lists(st.tuples(st.text("abc é,\u00a0", max_size=40), st.booleans()), max_size=5), st.floats(30, 200))
def test_wrapping_runs_loses_nothing(pieces, width):
    runs = [Run(text, face=SANS_SEMIBOLD if strong else None) for text, strong in pieces]
    lines = wrap_runs(runs, BODY, width)
    assert "".join(run.text for line in lines for run in line) == plain(runs)
    assert [run.face for line in lines for run in line for _ in run.text] == [
        run.face for run in runs for _ in run.text
    ]


def test_a_no_break_space_holds_the_amount_and_its_sign_together():
    lines = wrap(
        "Vous avez versé 1\u202f234,56\u00a0€ en tout", SANS, 9.5, width_of("Vous avez versé 1 234", SANS) * 9.5 / 1000
    )
    assert any("1\u202f234,56\u00a0€" in line for line in lines)


# Tags


def test_a_text_outside_every_tag_is_refused():
    document = TaggedDocument(title="Essai", created_at=AT)
    document.new_page()
    with pytest.raises(ValueError, match="directly inside Document"):
        document.text(100, 700, "Texte", BODY)
    with document.tag("Table"), document.tag("TR"), pytest.raises(ValueError, match="directly inside TR"):
        document.text(100, 700, "Texte", BODY)


def test_a_tag_inside_an_artifact_is_refused():
    document = TaggedDocument(title="Essai", created_at=AT)
    document.new_page()
    with document.artifact(), pytest.raises(ValueError, match="inside an artifact"):
        document.tag("P")


def test_a_paragraph_that_goes_over_the_page_is_one_element():
    sheet = LedgerPage(title="Essai", letterhead=LETTERHEAD, created_at=AT)
    sheet.title("Essai")
    sheet.paragraph("Une phrase qui se répète et remplit la page. " * 160)
    content = sheet.finish()
    assert problems(content) == []
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert len(pdf.pages) == 2
        body = list(pdf.Root.StructTreeRoot.K.K)[-1]
        assert [str(kid.get("/Type")) if isinstance(kid, pikepdf.Dictionary) else "mark" for kid in body.K] == [
            "mark",
            "/MCR",
        ]


def test_a_link_and_a_foreign_word_are_said_in_the_structure():
    def draw(document):
        with document.tag("P"):
            runs = [
                Run("Voir "),
                Run("le site", address="https://fres.example/a(b)"),
                Run(" ou "),
                Run("the page", lang="en"),
            ]
            document.paragraph(MARGIN_LEFT, 700, 300, runs, BODY)

    content = a_page(draw)
    assert problems(content) == []
    with pikepdf.open(io.BytesIO(content)) as pdf:
        annotation = pdf.pages[0].Annots[0]
        assert str(annotation.A.URI) == "https://fres.example/a(b)"
        assert str(annotation.Contents) == "le site"
        kids = [str(kid.S) for kid in pdf.Root.StructTreeRoot.K.K.K if isinstance(kid, pikepdf.Dictionary)]
        assert kids == ["/Link", "/Span"]


def test_the_head_of_a_table_is_tagged_once_and_repeated_as_an_artifact():
    content = a_ledger(rows=120)
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert len(pdf.pages) > 2
        heads = [o for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and o.get("/S") == "/TH"]
        columns = [head for head in heads if head.A.Scope == "/Column"]
        assert len(columns) == len(COLUMNS)
        assert len(heads) - len(columns) == 121  # one name for each row
    assert text_of(content).count("Opération") >= 3


@pytest.mark.parametrize("rows", range(30, 40))
def test_a_total_is_never_alone_on_its_page(rows):
    sheet = LedgerPage(title="Essai", letterhead=LETTERHEAD, created_at=AT)
    movements = [Row(("", f"Ligne {i}", "1,00")) for i in range(rows)]
    sheet.table(COLUMNS, [*movements, Row(("", "Clôture", f"{rows},00"), RowKind.TOTAL)])
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(sheet.finish())).pages]
    assert f"Ligne {rows - 1}" in next(page for page in pages if "Clôture" in page)


def test_a_row_taller_than_a_page_is_refused_rather_than_cut():
    sheet = LedgerPage(title="Essai", letterhead=LETTERHEAD, created_at=AT)
    with pytest.raises(ValueError, match="taller"):
        sheet.table(COLUMNS, [Row(("", "mot " * 4000, "1,00"))])


def test_a_figure_wider_than_its_column_is_refused_rather_than_run_over_its_neighbour():
    sheet = LedgerPage(title="Essai", letterhead=LETTERHEAD, created_at=AT)
    with pytest.raises(ValueError, match="'Montant'"):
        sheet.table(COLUMNS, [Row(("", "Capital", "1\u202f234\u202f567\u202f890\u202f123,45"))])


def test_the_heading_is_in_the_outline_and_leads_to_its_page():
    with pikepdf.open(io.BytesIO(a_contract())) as pdf, pdf.open_outline() as outline:
        assert [item.title for item in outline.root] == [
            "Article 1. Objet",
            "Article 2. Durée",
            "Article 3. Défaut",
            "Annexe",
        ]


def test_every_page_has_its_number_and_where_to_verify():
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(a_ledger())).pages]
    for number, page in enumerate(pages, start=1):
        assert f"page {number} sur {len(pages)}" in page
        assert LETTERHEAD.check_address in page


def test_an_article_does_not_hold_another():
    sheet = LetterPage(title="Essai", letterhead=LETTERHEAD, created_at=AT)
    with pytest.raises(ValueError, match="another article"):
        flow.write_blocks(sheet, [flow.Clause("Un", (flow.Clause("Deux", ()),))])


# Drawings


def test_the_colours_are_those_of_the_pages():
    light = (STATIC / "tokens.css").read_text(encoding="utf-8").split("@media")[0]
    tokens = dict(re.findall(r"--fres-([a-z-]+): #([0-9A-F]{6})", light))
    for name, colour in COLOURS.items():
        if name != "black" and not name.startswith("map-"):
            assert colour == style._colour(tokens[name]), name


def test_the_wordmark_is_that_of_the_pages():
    file = (STATIC / "wordmark.svg").read_text(encoding="utf-8")
    drawn = re.findall(r'class="wordmark-(\w+)"[^>]*? d="([^"]+)"', file)
    squeezed = "".join(path for kind, path in drawn if kind == "ink")
    assert wordmark.INK_PATH.replace(" ", "") == squeezed.replace(" ", "")
    assert [path for kind, path in drawn if kind == "margin"] == [wordmark.MARGIN_PATH]


@pytest.mark.parametrize(
    ("path", "operators"),
    [
        ("M6 6h6v60H6z", "6.00 6.00 m|12.00 6.00 l|12.00 66.00 l|6.00 66.00 l|h"),
        ("M1 1 2 2L3-4", "1.00 1.00 m|2.00 2.00 l|3.00 -4.00 l"),
        ("m1 1l1 1zm5 5l1 0", "1.00 1.00 m|2.00 2.00 l|h|6.00 6.00 m|7.00 6.00 l"),
        ("M0 0Q3 3 6 0", "0.00 0.00 m|2.00 2.00 4.00 2.00 6.00 0.00 c"),
        ("M0 0c1 2 3 4 5 6", "0.00 0.00 m|1.00 2.00 3.00 4.00 5.00 6.00 c"),
    ],
)
def test_svg_paths_become_pdf_operators(path, operators):
    assert pdf_operators(path).split("\n") == operators.split("|")


def test_an_unknown_path_command_is_refused():
    with pytest.raises(ValueError, match="unknown command"):
        pdf_operators("M0 0A1 1 0 0 1 2 2")


def test_the_check_code_has_its_three_corners_and_covers_its_square():
    rows = qr.modules(LETTERHEAD.check_address)
    size = len(rows)
    corner = [
        [abs(x - 3) == 3 or abs(y - 3) == 3 or (abs(x - 3) < 2 and abs(y - 3) < 2) for x in range(7)] for y in range(7)
    ]
    for top, left in ((0, 0), (0, size - 7), (size - 7, 0)):
        assert [list(row[left : left + 7]) for row in rows[top : top + 7]] == corner
    boxes = [
        list(map(float, line.split()[:4]))
        for line in qr.path_operators(LETTERHEAD.check_address, 100, 50, 66).split("\n")
    ]
    assert min(box[0] for box in boxes) == 100
    assert max(box[0] + box[2] for box in boxes) == pytest.approx(166, abs=0.02)
    assert max(box[1] + box[3] for box in boxes) == pytest.approx(116, abs=0.02)
    area = sum(box[2] * box[3] for box in boxes)
    assert area == pytest.approx(sum(map(sum, rows)) * (66 / size) ** 2, rel=0.01)


def test_a_check_code_needs_an_address():
    sheet = LedgerPage(title="Essai", letterhead=Letterhead("F", "1", "K", "N"), created_at=AT)
    with pytest.raises(ValueError, match="address"):
        sheet.check_code()


def test_figures_are_drawn_on_the_reportlab_canvas_itself():
    def draw(document):
        with document.figure(alt="Un cercle", box=(100, 100, 200, 200)) as canvas:
            canvas.circle(150, 150, 40)
        with document.tag("P"):
            document.text(100, 80, "Après la figure", TITLE)

    content = a_page(draw)
    assert problems(content) == []
    assert "Après la figure" in text_of(content)
