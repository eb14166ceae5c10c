"""What of a product the paper shines through, glass or lenses, told from what it is called.

White china on white paper looks much like glass in front of it; what the thing is called parts them. Glass has to be what the
thing itself is made of: a "glass jar" or a "wine glass", but no "glass cleaner" and no "mug with glass lid". Eyewear is told by its
category, or by its name where there is none.
"""

import re
from collections.abc import Iterable

from processing.imaging.matting.matte import SeeThrough
from processing.styles import WORN

_VESSELS = (
    "tumbler|jar|bottle|vase|bowl|jug|pitcher|carafe|decanter|mug|cup|goblet|flute|dish|plate|tea ?pot|kettle|container|canister"
    "|beaker|flask|vial|terrarium|cloche|dome|globe|candle ?(?:holder|stick)|tea ?light holder|lantern|pot|dispenser|shaker|stein"
    "|ornament|paperweight|ashtray|cake ?stand|saucer"
)
_DRINKS = (
    "wine|drinking|champagne|beer|water|shot|cocktail|whiske?y|martini|highball|juice|measuring|pint|brandy|cognac|gin|tea"
    "|coffee|latte|stem|clear|crystal"
)
_GERMAN = (
    "glas(?:vase|karaffe|flasche|dose|schale|schüssel|krug|kanne|teller|becher|tasse|kugel|behälter|glocke|windlicht)"
    "|(?:trink|wein|wasser|sekt|bier|einmach|marmeladen|teelicht)(?:glas|gläser)"
)
_FRENCH = (
    r"(?:vase|bocal|bouteille|carafe|coupe|pot|saladier|tasse|pichet|flacon|cloche) (?:\w+ )?en (?:verre|cristal)"
    "|verres? à (?:vin|eau|bière|pied|thé)"
)
_GLASS = re.compile(
    rf"(?<!\w)(?:glass (?:\w+ )?(?:{_VESSELS})|(?:clear|transparent) (?:\w+ )?(?:{_VESSELS})|(?:{_DRINKS}) glass|{_FRENCH})(?:s|es)?(?!\w)"
    rf"|(?<!\w)(?:{_GERMAN})[en]{{0,2}}(?!\w)"
    # A material, said alone.
    r"|\A(?:(?:clear|borosilicate|crystal|soda lime) )?(?:glass|glas|verre)\Z",
    re.IGNORECASE,
)
# Glass that nothing is seen through, and what only looks or sounds like it.
_OTHER = re.compile(
    r"(?<!\w)(?:(?:frosted|opal|opaque|milk|stained|painted|mirrored|sea|white|black) glass"
    r"|glass (?:effect|look|fib|wool|ceramic)|milchglas|mattglas)"
    r"|glass \w+,? (?:white|black)(?! (?:lid|cap|top|stopper|base|label))"
    r"|verre dépoli",
    re.IGNORECASE,
)
_EYEWEAR = re.compile(
    r"(?<!\w)(?:(?:sun|eye|spy)? ?glasses|spectacles|goggles|(?:sonnen|lese|gleitsicht|ski|sport)?brillen?"
    r"|lunettes(?: de soleil| de vue)?|(?:wayfarer|clubmaster|aviator|optical|eyewear)s?(?= (?:\w+ )?(?:front|angle|side|frames?)|\Z))"
    r"(?! (?:case|cleaner|cloth|chain|cord|strap|stand|holder|pouch|box|rack|wipes))(?!\w)",
    re.IGNORECASE,
)
# Where the name of a thing may make it eyewear: no smart glasses with a screen, no set of glasses for the table.
_MAYBE_EYEWEAR = frozenset({"", "default", "fashion", "outdoor"})
# A phone in a glass case and shoes called "sea glass" are not what anybody wants to see through; lenses have a rule of their own.
_NEVER = WORN | {"electronics"}


def seen_through(title: str, category: str, *, hints: Iterable[str] = ()) -> SeeThrough:
    """What of a product is see-through, by its title, its category and the `hints`: what else is known of it."""
    if category == "eyewear":
        return "lenses"
    if is_clear_glass(title, category, hints=hints):
        return "glass"
    is_eyewear = category in _MAYBE_EYEWEAR and _EYEWEAR.search(_as_words(title)) is not None
    return "lenses" if is_eyewear else ""


def is_clear_glass(title: str, category: str, *, hints: Iterable[str] = ()) -> bool:
    """True where the title, or one of the `hints` (what else is known of the product, such as its material), says so."""
    texts = [_as_words(text) for text in (title, *hints)]
    is_told = any(map(_GLASS.search, texts)) and not any(map(_OTHER.search, texts))
    return is_told and category not in _NEVER


def _as_words(text: str) -> str:
    """A name, also one of a file, with a space between any two words."""
    return " ".join(re.split(r"[-_\s]+", text)).strip()
