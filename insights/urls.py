from django.urls import include, path

from insights import views

urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("gallery", views.gallery, name="gallery"),
    path("products/<str:code>", views.product, name="product"),
    path("products/<str:code>/set.zip", views.product_set, name="product-set"),
    path("dashboard", views.dashboard, name="dashboard"),
    path("", include("insights.new_batch_urls")),
    path("", include("insights.money_urls")),
    path("", include("insights.generate_urls")),
    path("", include("insights.bakeoff_urls")),
]
