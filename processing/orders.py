"""What can be asked for on the Generate page and over its API: checked before anything is written, and priced."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from processing.errors import PermanentStepError
from processing.imaging.codec import DecodeError, decode, read_header
from processing.prompts import MAX_PICTURES, MAX_PROMPT, MAX_PROMPTS, PROMPT_STYLES, RATIOS, full_prompt
from processing.providers import MODULES, provider
from processing.providers.base import FILE_WORDS, NEEDS, Capability, HostedProvider, Request
from processing.providers.calls import media_type_of

# What the form offers, in its words.
ACTS: dict[Capability, str] = {
    Capability.GENERATE_BACKGROUND: _("Make a new picture"),
    Capability.IMAGE_TO_IMAGE: _("Change a photo by words"),
    Capability.INPAINT: _("Repaint a part of a photo"),
    Capability.ENHANCE: _("Improve a photo's light and colour"),
    Capability.EXPAND: _("Widen a photo"),
    Capability.UPSCALE: _("Enlarge a photo"),
    Capability.REMOVE_BACKGROUND: _("Cut out a photo"),
    Capability.VIDEO: _("Make a short video of a photo"),
    Capability.SPEECH: _("Say words"),
    Capability.LIP_SYNC: _("Move a video's lips to a sound"),
    Capability.TEXT: _("Write a text"),
}
RECORDINGS = frozenset(one for one in ACTS if NEEDS[one].answers != "image")
# Firefly's way to change a picture wants a background of its own, which this form has not.
_NOT_OFFERED = {("firefly", Capability.IMAGE_TO_IMAGE)}
WORDLESS = (
    Capability.ENHANCE, Capability.EXPAND, Capability.UPSCALE, Capability.REMOVE_BACKGROUND, Capability.LIP_SYNC
)  # fmt: skip
# What a price is told for.
_SAMPLE_WORDS = {Capability.SPEECH: "x" * 1000}
_EACH = {
    Capability.SPEECH: "for 1,000 characters", Capability.TEXT: "a text", Capability.VIDEO: "a video",
    Capability.LIP_SYNC: "a video",
}  # fmt: skip


class OrderError(ValueError):
    """An order that cannot be started; `field` says where."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Sent:
    """A file that came with an order."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Order:
    """What is asked for. `pictures` for each prompt; `files` by the names of `Needs`, the photo as "image"; `variation` 0 is what
    was made before for the same request, if it was."""

    prompts: tuple[str, ...]
    provider: str
    style: str = "realistic"
    ratio: str = "1:1"
    capability: Capability = Capability.GENERATE_BACKGROUND
    pictures: int = 1
    options: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, Sent] = field(default_factory=dict)
    variation: int = 0

    @property
    def needed(self) -> dict[str, Sent]:
        """The files that what is asked for takes; others that came along are left alone."""
        return {name: self.files[name] for name in NEEDS[self.capability].files if name in self.files}


@dataclass(frozen=True)
class Maker:
    """A provider as the form shows it; `reason` says why it cannot be chosen, `prices` what each act costs, in words."""

    name: str
    reason: str
    prices: Mapping[Capability, str]


def makers() -> list[Maker]:
    """Hosted providers with what they do here, and at what price."""
    found = []
    for name in MODULES:
        vendor = provider(name)
        if isinstance(vendor, HostedProvider):
            does = [one for one in ACTS if one in vendor.capabilities and (name, one) not in _NOT_OFFERED]
            found.append(Maker(name, vendor.unavailable_reason(), {one: _price_words(vendor, one) for one in does}))
    return found


def _price_words(vendor: HostedProvider, capability: Capability) -> str:
    price = vendor.price(Request(capability, _SAMPLE_WORDS.get(capability, "")))
    is_slow = getattr(vendor, "longest_call", timedelta(0)) > timedelta(days=1)
    return f"${_amount(price)} {_EACH.get(capability, 'a picture')}{', within a day' * is_slow}"


def _amount(price: Decimal) -> str:
    """With cents, and what there is behind them."""
    return f"{price:.2f}" if price == round(price, 2) else f"{price.normalize():f}"


def check(order: Order, *, with_files: bool = True) -> None:
    """OrderError for what cannot be started, before anything is written. What it would cost is known without its files."""
    if order.style not in PROMPT_STYLES:
        raise OrderError(
            "style", gettext("Choose a style out of %(prompt_styles)s.") % {"prompt_styles": ", ".join(PROMPT_STYLES)}
        )
    if order.ratio not in RATIOS:
        raise OrderError("ratio", gettext("Choose a shape out of %(ratios)s.") % {"ratios": ", ".join(RATIOS)})
    if not 1 <= order.pictures <= MAX_PICTURES:
        raise OrderError(
            "pictures",
            gettext("Ask for 1 to %(max_pictures)s pictures of each prompt.") % {"max_pictures": MAX_PICTURES},
        )
    if order.capability not in ACTS:
        raise OrderError("capability", gettext("Choose one of %(acts)s.") % {"acts": ", ".join(ACTS)})
    _check_prompts(order)
    _check_provider(order)
    if with_files:
        _check_files(order)


def _check_prompts(order: Order) -> None:
    if not order.prompts:
        raise OrderError("prompts", gettext("Write a prompt: what is to be seen, where the light comes from."))
    if len(order.prompts) > MAX_PROMPTS:
        raise OrderError(
            "prompts",
            gettext("There are %(prompts)s prompts; %(max_prompts)s go at once.")
            % {"prompts": len(order.prompts), "max_prompts": MAX_PROMPTS},
        )
    for number, text in enumerate(order.prompts, start=1):
        if len(text) > MAX_PROMPT:
            raise OrderError(
                "prompts",
                gettext("Prompt %(number)s has %(text)s characters; %(max_prompt)s are the limit.")
                % {"number": number, "text": len(text), "max_prompt": MAX_PROMPT},
            )
        if not text.strip() and order.capability not in WORDLESS:
            raise OrderError("prompts", gettext("Prompt %(number)s is empty.") % {"number": number})


def _check_provider(order: Order) -> None:
    try:
        vendor = provider(order.provider)
        if not isinstance(vendor, HostedProvider):
            raise OrderError(
                "provider", gettext("%(provider)s makes no pictures from prompts.") % {"provider": order.provider}
            )
        if reason := vendor.unavailable_reason():
            raise OrderError("provider", reason)
        if order.capability not in vendor.capabilities or (order.provider, order.capability) in _NOT_OFFERED:
            raise OrderError("provider", f"{order.provider} cannot do this: {ACTS[order.capability].lower()}.")
        if int(order.options.get("num_outputs", 1) or 1) != 1:
            raise OrderError("options", gettext("num_outputs is chosen as pictures for each prompt."))
        vendor.check_options(order.capability, order.options)
    except PermanentStepError as error:
        raise OrderError("options" if error.code == "bad-option" else "provider", str(error)) from error
    except (TypeError, ValueError) as error:
        if isinstance(error, OrderError):
            raise
        raise OrderError("options", gettext("num_outputs must be a number.")) from error


def _check_files(order: Order) -> None:
    """Each file that is needed is there, and is what it is said to be."""
    for name in NEEDS[order.capability].files:
        sent = order.files.get(name)
        if sent is None or not sent.data:
            raise OrderError(_field_of(name), f"Choose {FILE_WORDS[name]}.")
        if name in ("video", "audio"):
            if not media_type_of(sent.data).startswith(f"{name}/"):
                raise OrderError(name, f"{sent.name or 'The file'} is not {FILE_WORDS[name]} that can be read here.")
            continue
        try:
            decode(sent.data, max_pixels=settings.MAX_PHOTO_PIXELS)
        except DecodeError as error:
            raise OrderError(_field_of(name), f"The {_field_of(name)} cannot be used: {error}") from error
    if order.capability is Capability.INPAINT:
        sizes = [read_header(order.files[name].data).size for name in ("image", "mask")]
        if sizes[0] != sizes[1]:
            words = " and ".join("x".join(map(str, size)) for size in sizes)
            raise OrderError("mask", f"Photo and mask must be of one size, but are {words}.")


def _field_of(name: str) -> str:
    return {"image": "photo"}.get(name, name)


def cost_of(order: Order) -> Decimal:
    """USD for pictures that have not been made before: what is there already is not paid again."""
    vendor = provider(order.provider)
    asked = (Request(order.capability, told(order, text), options=dict(order.options)) for text in order.prompts)
    return sum((Decimal(vendor.price(one)) for one in asked), Decimal(0)) * order.pictures


def told(order: Order, text: str) -> str:
    """The words that a provider is told: those of the style are added for new pictures alone."""
    return full_prompt(text, order.style) if order.capability is Capability.GENERATE_BACKGROUND else text.strip()


def prompts_of(text: str) -> Sequence[str]:
    """Prompts of a text field: a line each."""
    return [line.strip() for line in text.splitlines() if line.strip()]
