"""What allauth's pages need from us around their views."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse


class OwnSiteMiddleware:
    """Keep `site` ours on allauth's pages: they bring a `site` of their own, which would hide the name of the fund."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_template_response(self, request: HttpRequest, response: TemplateResponse) -> TemplateResponse:
        if response.context_data:
            response.context_data.pop("site", None)
        return response
