"""Who lives in the demonstration region: invented people and organisations that could exist in Hauts-de-France.

Places are real communes; every name, number and figure is invented. SIREN numbers start with five zeros, which the
register never gives; e-mail addresses end in `.invalid` or `.example`, which no mail server serves.
"""

from dataclasses import dataclass
from datetime import date

from fres.kernel.access import Role
from projects.models import Theme

REGION = "32"
PASSWORD = "demonstration-fres"  # shown on the accounts page of the demonstration; it opens nothing else


@dataclass(frozen=True)
class Place:
    commune: str
    postal_code: str
    city: str


LENS = Place("62498", "62300", "Lens")
LOOS = Place("62528", "62750", "Loos-en-Gohelle")
ROUBAIX = Place("59512", "59100", "Roubaix")
AVESNES = Place("59036", "59440", "Avesnes-sur-Helpe")
AMIENS = Place("80021", "80000", "Amiens")
DUNKERQUE = Place("59183", "59140", "Dunkerque")
LILLE = Place("59350", "59000", "Lille")
ARRAS = Place("62041", "62000", "Arras")
BEAUVAIS = Place("60057", "60000", "Beauvais")
LAON = Place("02408", "02000", "Laon")
SAINT_QUENTIN = Place("02691", "02100", "Saint-Quentin")
MAUBEUGE = Place("59392", "59600", "Maubeuge")
VALENCIENNES = Place("59606", "59300", "Valenciennes")
CALAIS = Place("62193", "62100", "Calais")
COMPIEGNE = Place("60159", "60200", "Compiègne")
ABBEVILLE = Place("80001", "80100", "Abbeville")
FOURMIES = Place("59249", "59610", "Fourmies")
BOULOGNE = Place("62160", "62200", "Boulogne-sur-Mer")
HIRSON = Place("02381", "02500", "Hirson")
SOISSONS = Place("02722", "02200", "Soissons")
BETHUNE = Place("62119", "62400", "Béthune")
CREIL = Place("60175", "60100", "Creil")

PLACES = (
    LENS, LOOS, ROUBAIX, AVESNES, AMIENS, DUNKERQUE, LILLE, ARRAS, BEAUVAIS, LAON, SAINT_QUENTIN, MAUBEUGE,
    VALENCIENNES, CALAIS, COMPIEGNE, ABBEVILLE, FOURMIES, BOULOGNE, HIRSON, SOISSONS, BETHUNE, CREIL,
)  # fmt: skip


@dataclass(frozen=True)
class Company:
    """A legal person: an entity whose books we keep, or an organisation that carries projects."""

    name: str
    legal_form: str
    siren: str
    place: Place
    address: str
    purpose: str = ""
    lei: str = ""
    holder_email: str = ""
    holder_name: str = ""


OPERATOR = Company(
    "Coopérative régionale de l’épargne solidaire", "SCIC SA", "000001016", LILLE, "12 rue des Registres",
    lei="969500FRESTEST000009",
)  # fmt: skip
CARRIER = Company(
    "Fonds régional d’épargne solidaire Hauts-de-France", "Association", "000001024", LILLE, "12 rue des Registres",
    purpose="Rassembler l’épargne solidaire des habitants et la porter vers des projets labellisés du territoire.",
)  # fmt: skip
FUND_NAME = "Fonds régional d’épargne solidaire Hauts-de-France"
FUND_LABEL, FUND_LABEL_VERSION = "FRES-HDF", "2024"

SOLAR = Company(
    "Soleil de Gohelle", "SAS à gouvernance coopérative", "000001032", LOOS, "4 rue du Carreau",
    "Produire une électricité locale et partager ses revenus entre habitants.", "969500OWNERTEST00147",
    "porteur.soleil@fres.example", "Inès Vasseur",
)  # fmt: skip
BAKERY = Company(
    "La Fournée commune", "SCOP SARL", "000001040", LENS, "31 avenue de la Fosse",
    "Faire un pain de blés locaux dans une entreprise qui appartient à ses salariés.", "969500OWNERTEST00244",
    "porteur.fournee@fres.example", "Bastien Lecomte",
)  # fmt: skip
WORKSHOP = Company(
    "Atelier Remettre", "Association – entreprise d’insertion", "000001057", ROUBAIX, "8 rue du Tissage",
    "Réparer et revendre l’électroménager en formant des personnes éloignées de l’emploi.", "",
    "porteur.remettre@fres.example", "Samira Haddad",
)  # fmt: skip
GROCERY = Company(
    "Le Panier d’Avesnois", "SCIC SARL", "000001065", AVESNES, "2 place du Marché",
    "Vendre dans les villages les produits des fermes voisines.", "",
    "porteur.panier@fres.example", "Louise Delcourt",
)  # fmt: skip
BICYCLES = Company(
    "Cycles de Somme", "SCOP SARL", "000001073", AMIENS, "17 quai des Hortillons",
    "Assembler et réparer des vélos de travail.", "",
    "porteur.cycles@fres.example", "Théo Marchand",
)  # fmt: skip
HOUSING = Company(
    "Habiter la dune", "SCI à capital solidaire", "000001081", DUNKERQUE, "5 rue des Digues",
    "Loger ensemble jeunes travailleurs et personnes âgées.", "",
    "porteur.dune@fres.example", "Clara Vandamme",
)  # fmt: skip
ENDOWMENT = Company(
    "Fonds de dotation des Terrils vivants", "Fonds de dotation", "000001099", LENS, "3 chemin du Terril",
    "Soutenir des actions d’intérêt général pour la nature et la culture dans le bassin minier.", "",
    "porteur.terrils@fres.example", "Nadia Kaminski",
)  # fmt: skip
THEATRE = Company(
    "Le Théâtre des Ruelles", "Association", "000001107", SAINT_QUENTIN, "9 rue des Canonniers",
    "Jouer et faire jouer dans les quartiers.", "",
    "porteur.ruelles@fres.example", "Hugo Lambert",
)  # fmt: skip
GARDEN = Company(
    "Les Jardins de l’Ancre", "Association – chantier d’insertion", "000001115", CALAIS, "22 route des Dunes",
    "Cultiver des légumes en insertion et les livrer aux cantines.", "",
    "porteur.ancre@fres.example", "Mehdi Caron",
)  # fmt: skip

# Organisations that save: they commit through the person who represents them.
MUTUAL = Company(
    "Mutuelle des Estaminets", "Mutuelle", "000001123", LILLE, "40 rue des Brasseurs",
    "Placer une part de ses réserves ici.", "", "mutuelle.estaminets@fres.example", "Hélène Ryckewaert",
)  # fmt: skip
COUNCIL = Company(
    "Comité social des Filatures réunies", "Comité social et économique", "000001131", ROUBAIX, "3 rue de la Filature",
    "Soutenir les projets du quartier.", "", "comite.filatures@fres.example", "Olivier Desmet",
)  # fmt: skip
SAVING_ORGANISATIONS = (MUTUAL, COUNCIL)

# INSEE category and place in the social economy, by SIREN.
FORMS = {
    SOLAR.siren: {"legal_category": "5710", "ess_status": "DECLARED"},
    BAKERY.siren: {"legal_category": "5458", "ess_status": "BY_FORM"},
    WORKSHOP.siren: {"legal_category": "9221", "ess_status": "BY_FORM"},
    GROCERY.siren: {"legal_category": "5460", "ess_status": "BY_FORM"},
    BICYCLES.siren: {"legal_category": "5458", "ess_status": "BY_FORM"},
    HOUSING.siren: {"legal_category": "6540", "ess_status": "OUTSIDE"},
    ENDOWMENT.siren: {"legal_category": "9300", "ess_status": "BY_FORM"},
    THEATRE.siren: {"legal_category": "9220", "ess_status": "BY_FORM"},
    GARDEN.siren: {"legal_category": "9221", "ess_status": "BY_FORM"},
}

ORGANISATIONS = (SOLAR, BAKERY, WORKSHOP, GROCERY, BICYCLES, HOUSING, ENDOWMENT, THEATRE, GARDEN)


@dataclass(frozen=True)
class ProjectCard:
    slug: str
    title: str
    holder: Company
    place: Place
    theme: Theme
    nace_code: str
    summary: str
    purpose: str


SOLAR_ROOFS = ProjectCard(
    "soleil-de-gohelle-toits-des-ecoles", "Soleil de Gohelle : les toits des écoles", SOLAR, LOOS, Theme.ENERGY,
    "35.11",
    "Couvrir de panneaux les toits de trois écoles et vendre l’électricité au réseau.",
    "Acheter et poser 620 m² de panneaux sur trois écoles. L’électricité est vendue pendant vingt ans à un prix "
    "connu ; les loyers des toits reviennent à la commune.",
)  # fmt: skip
SOLAR_GYM = ProjectCard(
    "soleil-de-gohelle-gymnase", "Soleil de Gohelle : le gymnase", SOLAR, LOOS, Theme.ENERGY, "35.11",
    "Poser des panneaux sur le gymnase et chauffer ses douches.",
    "Acheter 280 m² de panneaux et un ballon d’eau chaude pour le gymnase intercommunal.",
)  # fmt: skip
OVEN = ProjectCard(
    "la-fournee-commune-four", "La Fournée commune : un second four", BAKERY, LENS, Theme.INDUSTRY, "10.71",
    "Acheter un four et embaucher deux boulangers, dans une SCOP.",
    "Un four à sole de 12 m², un pétrin, et six mois de salaires pour deux embauches.",
)  # fmt: skip
REPAIR = ProjectCard(
    "atelier-remettre-roubaix", "Atelier Remettre : réparer à Roubaix", WORKSHOP, ROUBAIX, Theme.INTEGRATION, "95.22",
    "Ouvrir un second atelier de réparation et former douze personnes par an.",
    "Aménager 400 m², acheter l’outillage et deux véhicules de collecte.",
)  # fmt: skip
VILLAGE_SHOP = ProjectCard(
    "le-panier-d-avesnois-camion", "Le Panier d’Avesnois : l’épicerie qui roule", GROCERY, AVESNES, Theme.FOOD, "47.81",
    "Un camion-épicerie pour neuf villages sans commerce.",
    "Acheter et aménager un camion réfrigéré, constituer le premier stock.",
)  # fmt: skip
CARGO_BIKES = ProjectCard(
    "cycles-de-somme-atelier", "Cycles de Somme : un atelier de vélos cargos", BICYCLES, AMIENS, Theme.INDUSTRY,
    "30.92",
    "Assembler à Amiens des vélos qui remplacent des camionnettes.",
    "Équiper l’atelier, acheter les premières pièces et certifier le modèle.",
)  # fmt: skip
SHARED_HOUSE = ProjectCard(
    "habiter-la-dune-maison", "Habiter la dune : la maison partagée", HOUSING, DUNKERQUE, Theme.HOUSING, "68.20",
    "Rénover une maison pour huit habitants de deux générations.",
    "Isoler, remettre l’électricité aux normes, créer huit chambres et une cuisine commune.",
)  # fmt: skip
SPOIL_TIPS = ProjectCard(
    "terrils-vivants-sentiers", "Terrils vivants : les sentiers", ENDOWMENT, LENS, Theme.CULTURE, "94.99",
    "Ouvrir trois sentiers et former vingt guides bénévoles.",
    "Baliser trois sentiers, restaurer deux mares, imprimer un guide gratuit.",
)  # fmt: skip
MINE_ARCHIVE = ProjectCard(
    "terrils-vivants-memoires", "Terrils vivants : mémoires de mineurs", ENDOWMENT, LENS, Theme.CULTURE, "94.99",
    "Enregistrer cent récits de familles de mineurs et les donner à tous.",
    "Payer les enregistrements, la transcription et leur mise en ligne libre.",
)  # fmt: skip
STREET_STAGE = ProjectCard(
    "theatre-des-ruelles-scene", "Le Théâtre des Ruelles : une scène démontable", THEATRE, SAINT_QUENTIN, Theme.CULTURE,
    "90.01", "Une scène qui se monte en une heure au pied des immeubles.",
    "Construire la scène, acheter sons et lumières, assurer une saison.",
)  # fmt: skip
GREENHOUSE = ProjectCard(
    "jardins-de-l-ancre-serre", "Les Jardins de l’Ancre : une serre pour l’hiver", GARDEN, CALAIS, Theme.FOOD, "01.13",
    "Une serre pour cultiver et employer toute l’année.",
    "Monter une serre de 900 m² et récupérer l’eau de pluie.",
)  # fmt: skip


@dataclass(frozen=True)
class StaffMember:
    email: str
    name: str
    role: Role


STAFF = (
    StaffMember("gestion@fres.example", "Anne Lemoine", Role.MANAGER),
    StaffMember("tresorerie@fres.example", "Karim Bouzid", Role.TREASURER),
    StaffMember("tresorerie.deux@fres.example", "Solène Picard", Role.TREASURER),
    StaffMember("conformite@fres.example", "Paul Wattel", Role.COMPLIANCE),
    StaffMember("suivi@fres.example", "Julie Deroo", Role.MONITORING),
    StaffMember("instruction@fres.example", "Marc Fontaine", Role.INSTRUCTOR),
    StaffMember("comite@fres.example", "Odile Carpentier", Role.COMMITTEE),
    StaffMember("label@fres.example", "Yann Hochart", Role.EVALUATOR),
    StaffMember("audit@fres.example", "Irène Duval", Role.AUDITOR),
    StaffMember("administration@fres.example", "Luc Bernard", Role.ADMINISTRATOR),
)
OUTSIDERS = (
    StaffMember("accompagnement@fres.example", "Rose Thibaut", Role.ACCOMPANYING),
    StaffMember("partenaire@fres.example", "Denis Lhomme", Role.PARTNER),
    StaffMember("elue@fres.example", "Martine Flament", Role.OFFICIAL),
)

_GIVEN = (
    "Camille", "Jeanne", "Ahmed", "Lucie", "Marius", "Fatou", "Pierre", "Élise", "Youssef", "Margaux", "Henri", "Zoé",
    "Antoine", "Leïla", "Gaspard", "Noémie", "Rachid", "Suzanne", "Victor", "Ewa",
)  # fmt: skip
_FAMILY = (
    "Delattre", "Wojcik", "Lefebvre", "Benali", "Dupuis", "Vermeersch", "Carlier", "Nowak", "Mercier", "Dumont",
    "Leroy", "Vandenberghe", "Petit", "Kaczmarek", "Roussel", "Haddou", "Blondel", "Masson", "Legrand", "Sauvage",
)  # fmt: skip
_STREETS = ("rue de l’Église", "rue du Moulin", "avenue de la Gare", "rue des Corons", "place de la Mairie")


@dataclass(frozen=True)
class SaverCard:
    email: str
    given_names: str
    family_name: str
    birth_date: date
    place: Place
    address: str


def savers(count: int) -> tuple[SaverCard, ...]:
    """Return the first `count` savers of the region: always the same ones, no two with the same address."""
    return tuple(
        card_of(rank, email="camille.delattre@fres.example" if rank == 0 else f"epargne{rank:05d}@fres.example")
        for rank in range(count)
    )


def card_of(rank: int, *, email: str) -> SaverCard:
    """Return an invented saver from a rank: a name, a birth and a home that could be of the region."""
    return SaverCard(
        email=email,
        given_names=_GIVEN[rank % len(_GIVEN)],
        family_name=_FAMILY[(rank * 7 + rank // len(_GIVEN)) % len(_FAMILY)],
        birth_date=date(1950 + (rank * 11) % 52, 1 + (rank * 5) % 12, 1 + (rank * 13) % 28),
        place=PLACES[(rank * 5) % len(PLACES)],
        address=f"{1 + (rank * 17) % 140} {_STREETS[rank % len(_STREETS)]}",
    )
