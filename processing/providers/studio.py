"""The built-in cut-out for plain studio backdrops: no download, no network."""

from PIL import Image

from processing.errors import PermanentStepError
from processing.imaging.matting.matte import Matte
from processing.imaging.matting.studio import StudioSettings, studio_matte
from processing.providers.base import Capability

SETTINGS = StudioSettings()


class Studio:
    name = "studio"
    capabilities = frozenset({Capability.REMOVE_BACKGROUND})
    needs_network = False

    def unavailable_reason(self) -> str:
        return ""

    def version(self) -> str:
        return SETTINGS.key()

    def matte(self, image: Image.Image) -> Matte:
        """Matte of a photo. PermanentStepError when it is too small to tell anything."""
        try:
            return studio_matte(image, settings=SETTINGS)
        except ValueError as error:
            raise PermanentStepError("unsuitable", f"The photo cannot be cut out: {error}.") from error


def make() -> Studio:
    return Studio()
