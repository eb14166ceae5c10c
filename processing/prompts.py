"""Words for generating providers: styles that are added to a prompt, and the shapes that pictures may have."""

from dataclasses import dataclass

from django.utils.translation import gettext_noop as _


@dataclass(frozen=True)
class PromptStyle:
    """`suffix` follows the prompt; `example` shows what to write."""

    name: str
    label: str
    suffix: str
    example: str


PROMPT_STYLES: dict[str, PromptStyle] = {
    style.name: style
    for style in (
        PromptStyle(
            "realistic",
            _("Realistic"),
            "photorealistic, natural light, true colours, sharp focus, professional photography, no text",
            "an empty oak table by a window, morning light, blurred kitchen behind",
        ),
        PromptStyle(
            "artistic",
            _("Artistic"),
            "artistic still life, painterly light, rich tones, deliberate composition, no text",
            "a linen cloth with dried flowers, side light from the left",
        ),
        PromptStyle(
            "illustration",
            _("Illustration"),
            "flat vector illustration, clean shapes, limited palette, even light, no text",
            "a summer terrace with plants in terracotta pots",
        ),
        PromptStyle(
            "3d",
            "3D",
            "3d render, soft studio light, matte materials, global illumination, clean geometry, no text",
            "pastel podiums of different heights before an arch",
        ),
    )
}
# Width and height of what is asked for; providers give the nearest that they have.
RATIOS: dict[str, tuple[int, int]] = {
    "1:1": (1024, 1024),
    "4:5": (1024, 1280),
    "3:4": (1024, 1365),
    "16:9": (1365, 768),
    "9:16": (768, 1365),
}
RATIO_WORDS = {"1:1": _("Square"), "4:5": _("Portrait"), "3:4": _("Tall"), "16:9": _("Wide"), "9:16": _("Story")}
# The mode of a batch of pictures from prompts.
GENERATED_MODE = "generate"
MAX_PROMPTS = 10
MAX_PROMPT = 800
MAX_PICTURES = 4


def full_prompt(text: str, style: str) -> str:
    """What a provider is told."""
    suffix = PROMPT_STYLES[style].suffix
    return f"{text.strip().rstrip('.,')}, {suffix}" if text.strip() else suffix
