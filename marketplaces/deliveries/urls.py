from django.urls import path

from marketplaces.deliveries import views

urlpatterns = [
    path("deliveries/", views.deliveries, name="deliveries"),
    path("deliveries/<int:pk>", views.delivery, name="delivery"),
    path("deliveries/<int:pk>/progress", views.delivery_progress, name="delivery-progress"),
    path("deliveries/<int:pk>/retry", views.delivery_retry, name="delivery-retry"),
    path("deliveries/<int:pk>/check", views.delivery_check, name="delivery-check"),
    path("deliveries/<int:pk>/recall", views.delivery_recall, name="delivery-recall"),
    path("exports/<int:pk>/deliver", views.export_deliver, name="export-deliver"),
    path("channels/<slug:name>/targets/new", views.target_new, name="target-new"),
    path("targets/<slug:name>", views.target, name="target"),
    path("targets/<slug:name>/test", views.target_test, name="target-test"),
    path("targets/<slug:name>/delete", views.target_delete, name="target-delete"),
]
