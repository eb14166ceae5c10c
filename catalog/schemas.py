"""What the catalogue's API answers, for its documentation."""

from ninja import Schema


class PhotoOut(Schema):
    """A raw photo. view: 1 front, 2 angle, 3 side, then free."""

    id: int
    view: int
    file: str
    sha256: str
    width: int
    height: int
    bytes: int


class ProductOut(Schema):
    """One sellable version of a product, known by its SKU; `product` is the code its versions share."""

    sku: str
    product: str
    name: str
    category: str
    asin: str
    gtin: str
    tags: list[str]
    photos: list[PhotoOut]


class ProductsOut(Schema):
    """A page. `next` is the cursor of the next one, null on the last."""

    items: list[ProductOut]
    next: str | None
