"""What a rendering process does first. Imports nothing that reads settings: they are set here, before anything does."""

from django.conf import settings


def prepare(document_root: str) -> None:
    """Give a new process the few settings it needs: no database, French source texts, where documents are kept."""
    settings.configure(USE_I18N=False, DOCUMENT_ROOT=document_root)
