"""What the API says: names of the format, amounts in whole cents."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from ninja import Field, Schema

from funds.models import PartnerUpload


class ChannelOut(Schema):
    code: str = Field(description="Code de l’instrument, colonne « canal » du format.")
    nom: str
    mode: str
    depuis: datetime = Field(description="Dernier changement au registre.")


class PartnerOut(Schema):
    nom: str
    siren: str
    fonds: str
    format: str = Field(description="Version du format des fichiers.")
    droits: list[str]
    cle: str = Field(description="Début de la clé qui appelle.")
    vaut_jusqu_au: datetime
    canaux: list[ChannelOut]


class ErrorOut(Schema):
    ligne: int = Field(description="0 : le fichier entier.")
    colonne: str = Field(description="Vide : la ligne entière.")
    raison: str


class UploadOut(Schema):
    uuid: UUID
    nom: str
    empreinte: str = Field(description="SHA-256 du contenu : le même contenu n’est compté qu’une fois.")
    octets: int
    etat: Literal["TO_VERIFY", "ACCEPTED", "REFUSED", "REPLACED"]
    periode: str
    lignes: int
    recu_le: datetime
    controle_le: datetime | None
    erreurs: list[ErrorOut]
    autres_erreurs: bool = Field(description="Vrai : d’autres erreurs suivent celles qui sont dites.")
    remarques: list[str]


class UploadsOut(Schema):
    page: int
    pages: int
    total: int
    fichiers: list[UploadOut]


class TotalOut(Schema):
    canal: str
    nature: Literal["COLLECTE", "CREDIT", "PLACEMENT", "EPARGNANTS"]
    montant_centimes: int
    nombre: int


class TotalsOut(Schema):
    periode: str
    fichier: UUID
    totaux: list[TotalOut]


class ProblemOut(Schema):
    """A refusal, as RFC 9457 writes it."""

    type: str
    title: str
    status: int
    rule: str = ""
    next_step: str = ""
    errors: list[ErrorOut] = []
    fields: list[str] = []


def errors_of(upload: PartnerUpload) -> list[dict[str, object]]:
    """Return the errors of a file, by the names of the API."""
    return [{"ligne": one["line"], "colonne": one["column"], "raison": one["reason"]} for one in upload.errors]


def upload_out(upload: PartnerUpload) -> dict[str, object]:
    """Return a file as the API says it."""
    return {
        "uuid": upload.uuid,
        "nom": upload.name,
        "empreinte": upload.sha256,
        "octets": upload.size,
        "etat": str(upload.state),
        "periode": upload.period,
        "lignes": upload.lines_count,
        "recu_le": upload.received_at,
        "controle_le": upload.checked_at,
        "erreurs": errors_of(upload),
        "autres_erreurs": upload.has_more_errors,
        "remarques": upload.notes,
    }
