import io
import json
import re
import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fres.kernel import charts
from fres.kernel.charts import Box, Circle, Drawing, Label, MapPoint, OfferFigures, Shape, YearOfInstalments
from fres.kernel.pdf.canvas import TaggedDocument
from fres.kernel.pdf.style import COLOURS
from tests.kernel.pdfa import problems

STYLE_SHEET = Path(charts.__file__).resolve().parents[1] / "static" / "fres.css"
SVG = "{http://www.w3.org/2000/svg}"
FIGURES = OfferFigures(
    cleared_cents=52_350_00,
    processing_cents=9_400_00,
    reflecting_cents=18_250_00,
    waiting_cents=6_100_00,
    maximum_cents=80_000_00,
    minimum_cents=60_000_00,
)
YEARS = [YearOfInstalments(2027, 1_120_000, 250_000), YearOfInstalments(2028, 1_910_050, 0)]
LENS = MapPoint("Lens", 2.83, 50.43)
TOWNS = [
    MapPoint("Arras", 2.77, 50.29, 2),
    MapPoint("Liévin", 2.77, 50.42),
    MapPoint("Lille", 3.06, 50.63, 3),
    MapPoint("Loin", 4.9, 49.0),
]
SQUARES = {"AA": (2.0, 50.0), "BB": (3.0, 50.0), "CC": (2.0, 51.0), "DD": (3.0, 51.0), "EE": (4.0, 50.0)}


@pytest.fixture(autouse=True)
def a_region_of_five_squares(tmp_path, monkeypatch):
    """Five départements of one degree each, so that every place on the map is known."""
    features: list[dict] = []
    for code, (west, south) in SQUARES.items():
        ring = [[west, south], [west + 1, south], [west + 1, south + 1], [west, south + 1], [west, south]]
        geometry = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "geometry": geometry, "properties": {"code": code, "nom": f"Carré {code}"}})
    features[0]["geometry"] = {"type": "MultiPolygon", "coordinates": [features[0]["geometry"]["coordinates"]]}
    (tmp_path / "contours-departements.geojson").write_text(json.dumps({"features": features}), encoding="utf-8")
    monkeypatch.setattr(charts, "TERRITORIES", tmp_path)
    charts.all_outlines.cache_clear()
    charts._region.cache_clear()
    charts._width_at_scale.cache_clear()
    yield
    charts.all_outlines.cache_clear()
    charts._region.cache_clear()
    charts._width_at_scale.cache_clear()


def a_choropleth() -> Drawing:
    values = dict(zip(SQUARES, map(Decimal, ("0.5", "0.8", "1.1", "1.3", "1.7")), strict=True))
    return charts.choropleth(
        codes=list(SQUARES),
        values=values,
        written={code: str(value).replace(".", ",") for code, value in values.items()},
        bounds=[Decimal(bound) for bound in ("0.6", "0.9", "1.25", "1.5")],
        title="Euros investis pour un euro collecté.",
        headers=("Département", "Euros"),
        points=[LENS],
    )


def every_drawing() -> list[Drawing]:
    return [
        charts.offer_bar(FIGURES),
        charts.offer_bar(OfferFigures(0, 0, 0, 0, 100), is_small=True),
        charts.instalment_bars(YEARS),
        charts.instalment_bars([YearOfInstalments(2027 + i, 100, 10) for i in range(9)]),
        charts.locator(codes=list(SQUARES), place="Lens", longitude=2.83, latitude=50.43),
        charts.place_map(codes=list(SQUARES), place=LENS, around=TOWNS, title="Lens & ses voisines"),
        a_choropleth(),
    ]


def tree(drawing: Drawing) -> ElementTree.Element:
    return ElementTree.fromstring(
        charts.to_svg(drawing, identifier="essai").replace("<svg", f'<svg xmlns="{SVG[1:-1]}"', 1)
    )


# One description, two renderings


@pytest.mark.parametrize("number", range(7))
def test_every_chart_is_well_formed_named_and_without_style(number):
    drawing = every_drawing()[number]
    svg = charts.to_svg(drawing, identifier="essai")
    root = tree(drawing)
    assert root.get("role") == "img"
    title = root.find(f"{SVG}title")
    assert title is not None
    assert title.text == drawing.title
    assert root.get("aria-labelledby") == title.get("id") == "essai-title"
    assert "style=" not in svg
    assert "#" not in svg.replace("url(#", "")
    assert "nan" not in svg.lower()


@pytest.mark.parametrize("number", range(7))
def test_every_class_of_a_chart_is_in_the_style_sheet(number):
    classes = set(re.findall(r'class="([^"]+)"', charts.to_svg(every_drawing()[number], identifier="essai")))
    sheet = STYLE_SHEET.read_text(encoding="utf-8")
    for name in {name for names in classes for name in names.split()}:
        assert f".{name} " in sheet or f".{name}{{" in sheet or f".{name}," in sheet, name


@pytest.mark.parametrize("number", range(7))
def test_ids_start_with_the_identifier_and_are_all_defined(number):
    svg = charts.to_svg(every_drawing()[number], identifier="offre-7")
    defined = re.findall(r' id="([^"]+)"', svg)
    assert len(defined) == len(set(defined))
    assert all(name.startswith("offre-7-") for name in defined)
    assert set(re.findall(r"url\(#([^)]+)\)", svg)) <= set(defined)


@pytest.mark.parametrize("identifier", ["", "7a", 'a"b', "a b", "é", "-a"])
def test_an_identifier_that_could_break_the_page_is_refused(identifier):
    with pytest.raises(ValueError, match="not an identifier"):
        charts.to_svg(charts.offer_bar(FIGURES), identifier=identifier)


def test_every_chart_is_drawn_on_a_document_as_one_figure_that_says_its_title():
    drawings = every_drawing()
    document = TaggedDocument(title="Graphiques", created_at=datetime(2026, 1, 1, tzinfo=UTC))
    for drawing in drawings:
        document.new_page()
        height = charts.draw(drawing, document, x=60, y=780, width=400)
        assert 0 < height < 720
    content = document.finish()
    assert problems(content) == []
    with pikepdf.open(io.BytesIO(content)) as pdf:
        said = [str(o.Alt) for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and o.get("/S") == "/Figure"]
        assert said == [drawing.title for drawing in drawings]


def test_the_classes_known_to_documents_have_a_colour():
    for colour in [*charts.FILLS.values(), *(line[0] for line in charts.LINES.values())]:
        assert colour in COLOURS
    for pattern in charts.PATTERNS.values():
        assert {pattern.ground, pattern.mark} <= set(charts.FILLS)


def test_a_text_is_escaped():
    drawing = charts.place_map(
        codes=list(SQUARES), place=MapPoint("<b>", 2.5, 50.5), around=[], title='"><script>alert(1)</script>'
    )
    svg = charts.to_svg(drawing, identifier="essai")
    assert "<script" not in svg
    assert "<b>" not in svg


# The offer


def test_the_bar_of_an_offer_shows_its_parts_in_proportion():
    boxes = [part for part in charts.offer_bar(FIGURES).parts if isinstance(part, Box) and part.fill]
    assert [(box.fill, round(box.x, 2), round(box.width, 2)) for box in boxes] == [
        ("d-wash", 0, 100),
        ("d-cleared", 0, 65.44),
        ("half", 65.44, 11.75),
        ("hatch", 77.19, 22.81),
    ]


def test_the_title_and_the_table_of_an_offer_say_the_four_figures_and_the_bounds():
    drawing = charts.offer_bar(FIGURES)
    said = [amount for _name, amount in drawing.table.rows]
    whole = ["52\u202f350", "9\u202f400", "18\u202f250", "6\u202f100", "60\u202f000", "80\u202f000"]
    assert said == [f"{amount}\u00a0€" for amount in whole]
    assert all(amount in drawing.title for amount in said)


def test_an_offer_without_minimum_has_no_sign():
    assert "Minimum" not in charts.offer_bar(OfferFigures(100, 0, 0, 0, 200)).title
    assert not any(isinstance(part, charts.Sign) for part in charts.offer_bar(OfferFigures(100, 0, 0, 0, 200)).parts)


@pytest.mark.parametrize(
    "figures", [(0, 0, 0, 0, 0), (-1, 0, 0, 0, 10), (5, 5, 1, 0, 10), (0, -1, 0, 0, 10), (0, 0, 0, -1, 10)]
)
def test_figures_that_no_offer_can_have_are_refused(figures):
    with pytest.raises(ValueError, match="offer"):
        OfferFigures(*figures)


@settings(max_examples=60)
@given(st.lists(st.integers(0, 10**9), min_size=4, max_size=4), st.integers(0, 10**9))
def test_the_parts_of_a_bar_touch_and_stay_inside(amounts, room):
    cleared, processing, reflecting, waiting = amounts
    maximum = cleared + processing + reflecting + room + 1
    drawing = charts.offer_bar(OfferFigures(cleared, processing, reflecting, waiting, maximum))
    edge = 0.0
    for box in [part for part in drawing.parts if isinstance(part, Box) and part.fill in charts.OFFER_FILLS.values()]:
        if box.fill:
            assert box.x == pytest.approx(edge)
            edge = box.x + box.width
    assert edge <= 100


@pytest.mark.parametrize("key", charts.OFFER_FILLS)
def test_the_sample_of_a_figure_is_passed_over_by_readers(key):
    svg = charts.swatch_svg(charts.offer_swatch(key), identifier="cle")
    assert 'aria-hidden="true"' in svg
    assert "<title" not in svg


@pytest.mark.parametrize(
    ("cents", "written"),
    [
        (0, "0\u00a0€"),
        (100, "1\u00a0€"),
        (123_456_789, "1\u202f234\u202f567,89\u00a0€"),
        (-6_150_005, "\u221261\u202f500,05\u00a0€"),
    ],
)
def test_amounts_of_charts_are_written_in_french(cents, written):
    assert charts.euros(cents) == written


# Instalments


def test_bars_stand_on_zero_and_are_in_proportion():
    drawing = charts.instalment_bars(YEARS)
    base = next(part.y1 for part in drawing.parts if isinstance(part, charts.Line))
    bars = [part for part in drawing.parts if isinstance(part, Box) and part.fill and part.y > 20]
    first, interest, second = bars
    assert first.y + first.height == pytest.approx(base)
    assert second.y + second.height == pytest.approx(base)
    assert interest.y + interest.height == pytest.approx(first.y)
    assert first.height / second.height == pytest.approx(1_120_000 / 1_910_050)
    assert interest.height / first.height == pytest.approx(250 / 1120)


def test_the_table_of_instalments_adds_up():
    table = charts.instalment_bars(YEARS).table
    assert table.rows[-1][1:] == ("30\u202f300,50\u00a0€", "2\u202f500\u00a0€", "32\u202f800,50\u00a0€")
    assert len(table.rows) == 3


@pytest.mark.parametrize("years", [[], [YearOfInstalments(2027, -1, 0)], [YearOfInstalments(2027, 0, -1)]])
def test_instalments_that_make_no_chart_are_refused(years):
    with pytest.raises(ValueError, match="instalments"):
        charts.instalment_bars(years)


def test_a_loan_that_pays_back_nothing_has_bars_of_no_height():
    drawing = charts.instalment_bars([YearOfInstalments(2027, 0, 0)])
    assert not [part for part in drawing.parts if isinstance(part, Box) and part.y > 20]


# Maps


def test_a_place_is_where_it_should_be_on_the_map_of_its_region():
    drawing = charts.locator(codes=list(SQUARES), place="Milieu", longitude=3.5, latitude=51.0)
    circle = next(part for part in drawing.parts if isinstance(part, Circle))
    assert circle.x == pytest.approx(104 / 2)
    assert circle.y == pytest.approx((drawing.view[3] - 2) / 2, abs=0.5)
    assert drawing.view[3] / drawing.view[2] == pytest.approx(2 / 3 / 0.6293, rel=0.02)  # cos 51°


def test_the_map_around_a_place_shows_the_towns_in_its_frame_with_their_distance():
    drawing = charts.place_map(codes=list(SQUARES), place=LENS, around=TOWNS, title="Lens")
    assert [name for name, _distance in drawing.table.rows] == ["Liévin", "Arras"]  # Lille is above the frame
    assert drawing.table.rows[1][1] == "16\u00a0km"
    assert "Loin" not in [part.text for part in drawing.parts if isinstance(part, Label)]


def test_names_on_a_map_do_not_run_over_each_other():
    crowd = [MapPoint(f"Commune {i}", 2.83 + i / 40, 50.43 + (i % 5 - 2) / 30) for i in range(-8, 9)]
    drawing = charts.place_map(codes=list(SQUARES), place=LENS, around=crowd, title="Lens")
    boxes = []
    for label in [
        part for part in drawing.parts if isinstance(part, Label) and part.kind == "t-quiet" and part.has_halo
    ]:
        wide = 7.2 * len(label.text)
        left = label.x - wide if label.align == "right" else label.x
        boxes.append((left, label.y - 10, left + wide, label.y + 2))
    assert 5 < len(boxes) < len(crowd)
    for i, a in enumerate(boxes):
        assert not any(a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3] for b in boxes[:i])


def test_the_scale_around_a_place_is_the_same_whatever_the_size_of_the_region():
    lengths = set()
    for codes in (["AA"], ["CC"], list(SQUARES)):
        drawing = charts.place_map(codes=codes, place=LENS, around=[], title="Lens")
        bar = next(part.path for part in drawing.parts if isinstance(part, Shape) and part.line == "l-text")
        xs = [float(pair.split()[0]) for pair in re.split("[ML]", bar)[1:]]
        lengths.add(round(max(xs) - min(xs)))
    assert max(lengths) - min(lengths) <= 1
    assert 84 in lengths


def test_ten_kilometres_are_ten_kilometres():
    projection, _height = charts.projection_of(charts.all_outlines().values(), width=640)
    _x, south = projection.place(2, 50)
    _x, north = projection.place(2, 51)
    assert (south - north) / projection.pixels_in_kilometre == pytest.approx(111.195)


def test_each_departement_has_the_pattern_of_its_class_and_its_figure():
    drawing = a_choropleth()
    fills = [part.fill for part in drawing.parts if isinstance(part, Shape) and part.fill]
    assert fills == list(charts.LAND_CLASSES)
    assert {"0,5", "1,7"} <= {part.text for part in drawing.parts if isinstance(part, Label)}
    assert drawing.table.rows[0] == ("Carré EE", "1,7")
    assert drawing.title.endswith("Carré AA 0,5.")


def test_a_value_on_a_bound_belongs_to_the_class_above():
    drawing = charts.choropleth(
        codes=["AA"],
        values={"AA": Decimal("0.9")},
        written={"AA": "0,9"},
        bounds=[Decimal(bound) for bound in ("0.6", "0.9", "1.25", "1.5")],
        title="Essai",
        headers=("Département", "Euros"),
    )
    assert next(part.fill for part in drawing.parts if isinstance(part, Shape)) == "map-3"


@pytest.mark.parametrize("bounds", [(1, 2, 3), (4, 3, 2, 1), ()])
def test_bounds_that_do_not_rise_are_refused(bounds):
    with pytest.raises(ValueError, match="bounds"):
        charts.choropleth(codes=[], values={}, written={}, bounds=[*map(Decimal, bounds)], title="", headers=("", ""))


def test_a_path_has_no_place_in_a_drawing_that_stretches():
    stretched = Drawing(
        "", (0, 0, 100, 10), (Shape("M0 0L1 1Z", "d-ink"),), charts.ChartTable("", (), ()), is_fluid=True
    )
    document = TaggedDocument(title="Essai", created_at=datetime(2026, 1, 1, tzinfo=UTC))
    document.new_page()
    with pytest.raises(ValueError, match="stretches"):
        charts.draw(stretched, document, x=0, y=100, width=100)
