"""The built-in cut-out for plain studio backdrops: no download, no network."""

from typing import TYPE_CHECKING

from processing.errors import PermanentStepError
from processing.providers.base import Capability

if TYPE_CHECKING:
    from PIL import Image

    from processing.imaging.matting.matte import Matte, SeeThrough


class Studio:
    name = "studio"
    capabilities = frozenset({Capability.REMOVE_BACKGROUND})
    needs_network = False

    def unavailable_reason(self) -> str:
        return ""

    def version(self) -> str:
        from processing.imaging.matting.studio import StudioSettings

        return StudioSettings().key()

    def matte(self, image: "Image.Image", *, see_through: "SeeThrough" = "") -> "Matte":
        """Matte of a photo. PermanentStepError when it is too small to tell anything."""
        # Here and not above: pages ask which engines there are, and must not load the imaging libraries for it.
        from processing.imaging.matting.studio import StudioSettings, studio_matte

        try:
            return studio_matte(image, settings=StudioSettings(), see_through=see_through)
        except ValueError as error:
            raise PermanentStepError("unsuitable", f"The photo cannot be cut out: {error}.") from error


def make() -> Studio:
    return Studio()
