"""What the tests of organisations stand on: a few communes, a profile, a register of one's own."""

from dataclasses import replace
from datetime import date, datetime

from fres.kernel.clock import PARIS
from fres.kernel.models import Territory
from fres.kernel.territory_files import VINTAGE
from projects.organisations.identifiers import Numbers
from projects.organisations.profiles import Profile, create_organisation
from projects.organisations.register import RegisterAnswer, SilentRegister

AT = datetime(2026, 3, 2, 10, 0, tzinfo=PARIS)
SIREN, OTHER_SIREN = "000001032", "000001040"
SIRET = "00000103200010"
PROFILE = Profile(
    name="Les Halles de Lens",
    legal_name="Les Halles de Lens SCIC SARL",
    legal_category="5460",
    purpose="Vendre les produits des fermes voisines.",
    commune="Lens (62498)",
    address_line="4 rue du Marché",
    postal_code="62300",
)


def some_communes() -> None:
    """Lens, Équihen-Plage whose code is the postal code of Lens, one merged commune and one that was split."""
    level = Territory.Level
    rows = [
        (level.REGION, "32", "Hauts-de-France", {}),
        (level.DEPARTEMENT, "62", "Pas-de-Calais", {"region_code": "32"}),
        (level.EPCI, "246200364", "CA de Lens-Liévin", {}),
        (level.COMMUNE, "62498", "Lens", {"postal_codes": "62300", "epci_code": "246200364", "population": 32_000}),
        (level.COMMUNE, "62528", "Loos-en-Gohelle", {"postal_codes": "62750", "epci_code": "246200364"}),
        (level.COMMUNE, "62300", "Équihen-Plage", {"postal_codes": "62224"}),
        (level.COMMUNE, "59350", "Lille", {"postal_codes": "59000", "departement_code": "59"}),
    ]
    for kind, code, name, more in rows:
        values = {"region_code": "32", "departement_code": "62"} | more if kind == level.COMMUNE else more
        Territory.objects.get_or_create(vintage=VINTAGE, level=kind, code=code, defaults={"name": name, **values})
    for code, after in (("62999", ["62498"]), ("62998", ["62498", "62528"])):
        Territory.objects.get_or_create(
            vintage=VINTAGE,
            level=level.COMMUNE,
            code=code,
            defaults={"name": f"Ancienne {code}", "is_current": False, "successor_codes": after},
        )


class KnowingRegister:
    """A register that answers: it knows the numbers given to it, and no other."""

    def __init__(self, *sirens: str, is_active: bool = True) -> None:
        self.sirens, self.is_active = sirens, is_active

    def find(self, *, siren: str, rna: str) -> RegisterAnswer:
        known = siren in self.sirens or rna in self.sirens
        name = "LES HALLES DE LENS" if known else ""
        return RegisterAnswer("essai.csv", date(2026, 3, 1), siren=siren, name=name, is_active=self.is_active)


def an_organisation(*, by, numbers=Numbers(siren=SIREN), register=None, **changes):  # noqa: B008
    """An organisation made by the operation itself; `register` silent when none is given."""
    return create_organisation(
        profile=replace(PROFILE, **changes),
        numbers=numbers,
        by=by,
        is_legal_representative=True,
        function="manager",
        at=AT,
        register=register or SilentRegister(),
    )
