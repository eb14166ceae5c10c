"""Whether a product is of clear glass, told from what it is called.

White china on white paper looks much like glass in front of it; what the thing is called parts them. Glass has to be what the
thing itself is made of: a "glass jar" or a "wine glass", but no "glass cleaner" and no "mug with glass lid".
"""

import re
from collections.abc import Iterable

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
# A phone in a glass case and shoes called "sea glass" are not what anybody wants to see through; lenses have a rule of their own.
_NEVER = WORN | {"electronics"}


def is_clear_glass(title: str, category: str, *, hints: Iterable[str] = ()) -> bool:
    """True where the title, or one of the `hints` (what else is known of the product, such as its material), says so."""
    texts = [" ".join(re.split(r"[-_\s]+", text)).strip() for text in (title, *hints)]
    is_told = any(map(_GLASS.search, texts)) and not any(map(_OTHER.search, texts))
    return is_told and category not in _NEVER
