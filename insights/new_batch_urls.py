from django.urls import path

from insights import new_batch

urlpatterns = [path("batches/new", new_batch.new_batch, name="batch-new")]
