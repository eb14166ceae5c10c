"""One product's picture set for one channel: chosen, rendered, named and checked, or blocked with the reason."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from marketplaces.breaches import kept_of
from marketplaces.credentials import signature_for
from marketplaces.models import Channel
from marketplaces.naming import Identity, NameBook, NameProblem, identifier_of, picture_name
from marketplaces.outfiles import OutFile
from marketplaces.packs import Pack, RoleSpec
from marketplaces.provenance import receipt_of, source_type_of
from marketplaces.rendering import NEW_PHOTO, Order, Picture, ProductPixels, Unfit, render
from marketplaces.selection import Blocked, ProductSet
from marketplaces.verify import blocking, check_name, check_set, warnings
from processing.imaging.metadata import Metadata
from processing.models import Rendition, RenditionKind


@dataclass(frozen=True)
class Terms:
    """What holds for a whole export to a channel."""

    channel: Channel
    pack: Pack
    on: date
    by_sku: bool
    names: NameBook = field(default_factory=NameBook)


@dataclass
class BuiltSet:
    """The files of one product, what it lacks, and what only deserves a warning. No files: the product is blocked."""

    made: ProductSet
    files: list[OutFile] = field(default_factory=list)
    blocked: list[Blocked] = field(default_factory=list)
    warnings: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class _Chosen:
    role: RoleSpec
    rendition: Rendition
    picture: Picture
    source_type: str
    number: int
    # Creator and copyright as they were written.
    texts: dict[str, str] = field(default_factory=dict)


def build_set(made: ProductSet, terms: Terms) -> BuiltSet:
    """Never raises for a product that cannot leave: the reason is in `blocked`."""
    built = BuiltSet(made, blocked=list(made.held))
    variant = made.variant
    identity = Identity(sku=variant.sku, asin=variant.asin.strip().upper(), gtin=variant.gtin)
    try:
        identifier = identifier_of(terms.pack, identity, by_sku=terms.by_sku)
        chosen = _choose(made, terms, built)
        names = [_name(one, place, identity, identifier) for place, one in enumerate(chosen, start=1)]
        files = [
            _file(one, name, place, made) for place, (one, name) in enumerate(zip(chosen, names, strict=True), start=1)
        ]
        _check_names(files, terms, made)
        terms.names.claim_all(names, sku=made.sku)
    except NameProblem as problem:
        built.blocked = [Blocked(made.sku, problem.code, str(problem))]
        return built
    except _Missing as missing:
        built.blocked = [missing.blocked]
        return built
    built.files = files
    for finding in warnings(check_set(terms.pack, roles=[file.role for file in files], on=terms.on)):
        built.warnings.append({"sku": made.sku, "code": finding.code, "detail": finding.detail})
    return built


class _Missing(Exception):
    """A required role has no picture."""

    def __init__(self, blocked: Blocked) -> None:
        super().__init__(blocked.reason)
        self.blocked = blocked


def _choose(made: ProductSet, terms: Terms, built: BuiltSet) -> list[_Chosen]:
    pixels = ProductPixels()
    chosen: list[_Chosen] = []
    swatches: list[_Chosen] = []
    most = terms.pack.rule_value("MAX_COUNT", terms.pack.roles[0].role, on=terms.on)
    for role in terms.pack.roles:
        taken = {one.rendition.pk for one in chosen}
        wanted = [one for one in made.candidates(role) if one.pk not in taken]
        found, unfit = _fill_role(role, wanted, made, terms, pixels)
        if not found and role.is_required:
            raise _Missing(unfit[0] if unfit else made.why_empty())
        if role.is_swatch:
            # Nobody photographs a product anew for it.
            why = [f"left without a swatch: {one.reason.removeprefix(NEW_PHOTO)}" for one in unfit]
            built.warnings += [{"sku": made.sku, "code": "NO_SWATCH", "detail": detail} for detail in why]
            swatches += found
            continue
        # That a square scene does not fit an upright canvas is news only where nothing else did.
        built.blocked += [one for one in unfit if one.code != "shape" or not found]
        chosen += found
    return [*(chosen[:most] if most else chosen), *swatches]


def _fill_role(
    role: RoleSpec, wanted: list[Rendition], made: ProductSet, terms: Terms, pixels: ProductPixels
) -> tuple[list[_Chosen], list[Blocked]]:
    """The first of these that fit, as many as the role takes, and what did not fit before it was full."""
    found: list[_Chosen] = []
    unfit: list[Blocked] = []
    for rendition in wanted:
        if len(found) == role.count:
            break
        source_type = source_type_of(rendition)
        order = _order(rendition, terms, made, source_type)
        try:
            picture = render(order, terms.pack, role, pixels=pixels, on=terms.on)
        except Unfit as problem:
            unfit.append(Blocked(made.sku, problem.code, str(problem), picture=rendition.name, rendition=rendition.pk))
            continue
        texts = {"creator": order.metadata.creator, "copyright": order.metadata.copyright}
        found.append(_Chosen(role, rendition, picture, source_type, number=len(found) + 1, texts=texts))
    return found, unfit


def _order(rendition: Rendition, terms: Terms, made: ProductSet, source_type: str) -> Order:
    """White pictures are laid out again from the cut-out they are made from."""
    settings = terms.channel.settings
    cutout = rendition.parent if rendition.kind == RenditionKind.MAIN else rendition
    is_white = cutout is not None and cutout.kind == RenditionKind.CUTOUT
    metadata = Metadata(
        title=made.title,
        sku=made.sku,
        creator=settings.get("creator", ""),
        copyright=settings.get("copyright", ""),
        digital_source_type=source_type or None,
    )
    artifact = cutout.artifact if is_white and cutout else rendition.artifact
    signature = signature_for(rendition, title=made.sku)
    return Order(artifact, is_white, metadata, made.variant.product.category, signature)


def _name(one: _Chosen, position: int, identity: Identity, identifier: str) -> str:
    return picture_name(
        one.role.name,
        identity=identity,
        identifier=identifier,
        role=one.role.role,
        number=one.number,
        position=position,
        ext=one.role.encode.suffix.lstrip("."),
    )


def _file(one: _Chosen, name: str, position: int, made: ProductSet) -> OutFile:
    picture = one.picture
    facts: dict[str, Any] = {**picture.facts, "source_type": one.source_type, "category": made.variant.product.category}
    facts["found"] = kept_of(picture.findings)
    facts["metadata"] = {"title": made.title, **one.texts}
    facts["warnings"] = [finding.detail for finding in warnings(picture.findings)]
    return OutFile(
        name=name,
        sku=made.sku,
        role=one.role.role,
        position=position,
        sha256=picture.sha256,
        path=picture.path,
        media_type=one.role.encode.media_type,
        bytes=picture.bytes,
        width=picture.width,
        height=picture.height,
        rendition=one.rendition,
        receipt=receipt_of(one.rendition, made=facts),
    )


def _check_names(files: list[OutFile], terms: Terms, made: ProductSet) -> None:
    """The rules about names, now that the names are known."""
    category = made.variant.product.category
    for file in files:
        for finding in blocking(check_name(terms.pack, file.role, file.name, on=terms.on, category=category)):
            wanted = " or ".join(terms.pack.identifiers).upper()
            raise NameProblem("name", f"{finding.detail}: correct its {wanted}.")
