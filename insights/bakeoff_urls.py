from django.urls import path

from insights import bakeoffs as views

urlpatterns = [
    path("bake-offs/", views.bake_off_list, name="bake-offs"),
    path("bake-offs/<int:pk>", views.bake_off, name="bake-off"),
]
