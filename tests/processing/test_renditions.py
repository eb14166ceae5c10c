import pytest

from tests import builders


@pytest.mark.django_db
def test_rendition_of_a_rejected_cutout_is_not_shippable():
    from processing.models import Rendition, RenditionState

    job = builders.job()
    cutout = builders.rendition(job, name="cutout", kind="cutout")
    main = builders.rendition(job, parent=cutout)
    for row in (cutout, main):
        row.approve()
    assert set(Rendition.objects.shippable()) == {cutout, main}
    cutout.reject()
    assert not Rendition.objects.shippable().exists()
    assert main.state == RenditionState.APPROVED
