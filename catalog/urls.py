from django.urls import path

from catalog import views

urlpatterns = [
    path("intake/", views.announce, name="intake-announce"),
    path("intake/<int:pk>/", views.show, name="intake"),
    path("intake/<int:pk>/items/<int:item_pk>/", views.upload, name="intake-upload"),
    path("intake/<int:pk>/items/<int:item_pk>/columns", views.name_columns, name="intake-columns"),
    path("intake/<int:pk>/items/<int:item_pk>/thumb", views.thumb, name="intake-thumb"),
    path("intake/<int:pk>/pattern", views.change_pattern, name="intake-pattern"),
    path("intake/<int:pk>/leave-out", views.leave_out, name="intake-leave-out"),
]
