from django.contrib import admin
from django.urls import include, path

from config.api import api
from config.reference import api_docs

urlpatterns = [
    path("", include("insights.urls")),
    path("", include("accounts.urls")),
    path("", include("catalog.urls")),
    path("", include("processing.urls")),
    path("", include("review.urls")),
    path("", include("marketplaces.urls")),
    path("settings/api", api_docs, name="api-docs"),
    path("api/v1/", api.urls),
    path("admin/", admin.site.urls),
]
handler500 = "config.error_pages.server_error"
