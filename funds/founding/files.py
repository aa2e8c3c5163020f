"""Signed documents of a fund: inspected, kept under their hash, never changed."""

from datetime import datetime

from django.core.files.uploadedfile import UploadedFile

from fres.kernel.uploads import keep_upload
from funds.models import Fund, FundFile
from investors.models import User


def file_document(
    *, fund: Fund, title: str, file: UploadedFile, by: User, at: datetime, is_public: bool = True
) -> FundFile:
    """Keep a signed document. Raises: FileTooHeavy; UploadRefused: nothing is written."""
    kept = keep_upload(file)
    return FundFile.objects.create(
        fund=fund, title=title.strip()[:200], name=kept.name, mime=kept.mime, size=kept.size, sha256=kept.sha256,
        is_public=is_public, filed_by=by, filed_at=at,
    )  # fmt: skip
