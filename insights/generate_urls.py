from django.urls import path

from insights import generate as views

urlpatterns = [
    path("generate", views.generate, name="generate"),
    path("generate/<int:pk>", views.generated, name="generated"),
    path("generate/<int:pk>/again", views.generated_again, name="generated-again"),
    path("generate/files/<int:pk>", views.prompt_file, name="prompt-file"),
    path("generate/prompts/<int:pk>/favourite", views.prompt_favourite, name="prompt-favourite"),
    path("generate/prompts/<int:pk>/forget", views.prompt_forget, name="prompt-forget"),
    path("generate/templates/<int:pk>/forget", views.template_forget, name="template-forget"),
]
