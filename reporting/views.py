"""Pages of documents: mine, one to download, and the public page that says whether one is genuine."""

import hashlib
import mimetypes
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from fres.kernel import clock
from fres.kernel.access import open_to_all, reads_only
from fres.kernel.documents import DocumentPurged, open_document
from fres.kernel.models import Document
from investors.requests import SignedInRequest
from reporting.forms import FileForm, PrintedForm
from reporting.selectors import Verdict, addressed_to, by_year, check_hash, check_number, readable_by


@require_safe
@reads_only
def documents(request: SignedInRequest) -> HttpResponse:
    """The documents of the person signed in and of those they act for; `?annee=2025` keeps one year."""
    every = by_year(addressed_to(request.user, clock.today()))
    chosen = request.GET.get("annee", "")
    shown = [group for group in every if not chosen or str(group.year) == chosen]
    context = {"years": shown, "all_years": [group.year for group in every], "chosen": chosen}
    return render(request, "reporting/documents.html", context)


@open_to_all
@require_safe
@never_cache
@reads_only
def document(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The bytes as they were issued. Somebody else's document does not exist; a visitor is asked to sign in first."""
    readable = readable_by(request.user, clock.today())
    if not request.user.is_authenticated and not readable.filter(uuid=uuid).exists():
        return redirect_to_login(request.get_full_path())
    found = get_object_or_404(readable, uuid=uuid)
    try:
        return _download(found)
    except DocumentPurged as over:
        context = {"document": found, "refusal": over}
        return render(request, "reporting/document_gone.html", context, status=410)


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
@reads_only
def verify(request: HttpRequest) -> HttpResponse:
    """Whether a document is ours and still in force, from what is printed on it or from the file."""
    printed, file = PrintedForm(), FileForm()
    verdict, is_asked = None, False
    if request.method == "POST":
        file = FileForm(request.POST, request.FILES)
        if file.is_valid():
            is_asked = True
            verdict = check_hash(_sha256(file.cleaned_data["file"]))
    elif "number" in request.GET or "proof" in request.GET:
        printed = PrintedForm(request.GET)
        if printed.is_valid():
            is_asked = True
            verdict = check_number(printed.cleaned_data["number"], printed.cleaned_data["proof"])
    return _answer(request, verdict, is_asked=is_asked, printed=printed, file=file)


@open_to_all
@require_safe
@reads_only
def verify_code(request: HttpRequest, code: str, number: str) -> HttpResponse:
    """The address printed on every document, and in its QR code."""
    printed = PrintedForm(initial={"number": number, "proof": code})
    return _answer(request, check_number(number, code), is_asked=True, printed=printed, file=FileForm())


def _answer(
    request: HttpRequest, verdict: Verdict | None, *, is_asked: bool, printed: PrintedForm, file: FileForm
) -> HttpResponse:
    context = {"verdict": verdict, "is_asked": is_asked, "printed": printed, "file_form": file}
    return render(request, "reporting/verify.html", context)


def _download(found: Document) -> HttpResponse:
    response = HttpResponse(open_document(found), content_type=found.mime)
    name = found.number.replace("/", "-") + (mimetypes.guess_extension(found.mime) or "")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _sha256(file: UploadedFile) -> str:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    return digest.hexdigest()
