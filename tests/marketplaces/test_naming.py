import pytest

from marketplaces.naming import (
    Identity,
    NameBook,
    NameProblem,
    fill_template,
    gtin14,
    identifier_of,
    picture_name,
    plain,
)
from marketplaces.packfile import load_pack


def name_of(template, *, sku="BOX-01", identifier="B0AAAAAAA1", role="extra", number=1, position=2, **numbers):
    identity = Identity(sku=sku, **numbers)
    return picture_name(
        template, identity=identity, identifier=identifier, role=role, number=number, position=position, ext="jpg"
    )


def test_amazon_names():
    roles = {role.role: role.name for role in load_pack("amazon").roles}
    assert name_of(roles["main"]) == "B0AAAAAAA1.MAIN.jpg"
    assert name_of(roles["extra"], number=3) == "B0AAAAAAA1.PT03.jpg"


def test_template_with_an_unknown_place_is_refused():
    with pytest.raises(ValueError, match=r"asks for \{colour\}"):
        fill_template("{colour}.jpg", {"sku": "A"})


@pytest.mark.parametrize(
    ("sku", "made"), [("Größe 42", "Groesse-42"), ("é/../x", "e-..-x"), ("..hidden", "hidden"), ("A B\\C", "A-B-C")]
)
def test_plain_name_is_ascii_without_paths(sku, made):
    assert plain(sku) == made


def test_plain_name_of_nothing_usable_is_refused():
    with pytest.raises(NameProblem, match="rename it"):
        plain("漢字")


def test_reserved_and_overlong_names_are_refused():
    with pytest.raises(NameProblem):
        name_of("{sku}.{ext}", sku="CON")
    with pytest.raises(NameProblem):
        name_of("{sku}.{ext}", sku="x" * 130)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("4006381333931", "04006381333931"),
        ("036000291452", "00036000291452"),
        ("96385074", "00000096385074"),
        ("9520001002045", "09520001002045"),
    ],
)
def test_gtin_is_padded_to_fourteen(given, expected):
    # 4006381333931 and 036000291452 are the worked examples of EAN-13 and UPC-A; 96385074 that of EAN-8.
    assert gtin14(given) == expected


@pytest.mark.parametrize("given", ["4006381333932", "12345", "abc", "1" * 15])
def test_gtin_with_wrong_digits_is_refused(given):
    with pytest.raises(NameProblem, match="GTIN"):
        gtin14(given)


def test_identifier_missing_says_what_to_do():
    with pytest.raises(NameProblem, match=r"No ASIN.*let this channel name files by SKU") as caught:
        identifier_of(load_pack("amazon"), Identity(sku="BOX-01"))
    assert caught.value.code == "missing-id"


def test_identifier_falls_back_to_the_sku_where_the_channel_allows_it():
    assert identifier_of(load_pack("amazon"), Identity(sku="BOX-01"), by_sku=True) == "BOX-01"
    assert identifier_of(load_pack("walmart"), Identity(sku="BOX-01")) == "BOX-01"
    assert identifier_of(load_pack("walmart"), Identity(sku="BOX-01", gtin="9520001002045")) == "09520001002045"


def test_identifier_of_a_wrong_form_is_refused():
    with pytest.raises(NameProblem, match="ten capital letters"):
        identifier_of(load_pack("amazon"), Identity(sku="BOX-01", asin="b0-short"))


def test_name_book_refuses_a_second_owner_also_in_other_case():
    book = NameBook()
    book.claim_all(["A-1.jpg", "A-2.jpg"], sku="A")
    with pytest.raises(NameProblem, match="taken by A"):
        book.claim_all(["B-1.jpg", "a-2.JPG"], sku="a")
    assert book.owners.keys() == {"a-1.jpg", "a-2.jpg"}


def test_name_book_refuses_twins_in_one_set():
    with pytest.raises(NameProblem, match="Two pictures"):
        NameBook().claim_all(["A.jpg", "A.jpg"], sku="A")
