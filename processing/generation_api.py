"""Pictures from prompts over the API."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status
from ninja.errors import HttpError
from pydantic import Field

from accounts.access import scoped, signed_in
from accounts.models import Scope
from accounts.schemas import Body
from processing import generations, orders
from processing.answers import batch_answer
from processing.orders import Order, OrderError
from processing.prompts import MAX_PICTURES, MAX_PROMPTS
from processing.providers.base import Capability
from processing.schemas import BatchOut, ProblemOut

router = Router(tags=["processing"])
Problems = {401: ProblemOut, 403: ProblemOut, 404: ProblemOut, 422: ProblemOut, 429: ProblemOut}


class GenerationIn(Body):
    prompts: list[str] = Field(
        min_length=1, max_length=MAX_PROMPTS, description="each becomes its own pictures, side by side"
    )
    provider: str = Field(
        description="replicate, firefly, gemini, gemini-batch, or replicate:owner/model", max_length=80
    )
    style: str = Field("realistic", description="realistic, artistic, illustration or 3d")
    ratio: str = Field("1:1", description="1:1, 4:5, 3:4, 16:9 or 9:16")
    pictures: int = Field(1, ge=1, le=MAX_PICTURES, description="for each prompt")
    options: dict[str, Any] = Field(default_factory=dict, description="options of the provider's model")
    new_variation: bool = Field(False, description="another picture, although this request was made before")
    name: str = Field("", max_length=200)


class GenerationEstimateOut(Schema):
    pictures: int
    found: int = Field(description="pictures that are there already and cost nothing")
    cost: float = Field(description="USD")


@router.post("/generations", auth=scoped(Scope.UPLOAD), response={202: BatchOut, **Problems})
def generate(request: HttpRequest, body: GenerationIn) -> Status[dict[str, Any]]:
    """Starts pictures from prompts: a batch with a job for each. The same request again costs nothing."""
    order = _order(body)
    if body.new_variation:
        order = generations.varied(order)
    batch = generations.start(order, owner=signed_in(request), name=body.name, source="api")
    return Status(202, batch_answer(batch))


@router.post("/generations/estimates", auth=scoped(Scope.UPLOAD), response={200: GenerationEstimateOut, **Problems})
def estimate_generation(request: HttpRequest, body: GenerationIn) -> dict[str, Any]:
    """What these pictures would cost, before they start."""
    order = _order(body)
    number = len(order.prompts) * order.pictures
    found = 0 if body.new_variation else generations.is_made(order)
    cost = orders.cost_of(order) / number * (number - found)
    return {"pictures": number, "found": found, "cost": float(cost)}


def _order(body: GenerationIn) -> Order:
    order = Order(
        prompts=tuple(body.prompts), provider=body.provider, style=body.style, ratio=body.ratio, pictures=body.pictures,
        options=body.options, capability=Capability.GENERATE_BACKGROUND,
    )  # fmt: skip
    try:
        orders.check(order)
    except OrderError as error:
        raise HttpError(422, f"{error.field}: {error}") from error
    return order
