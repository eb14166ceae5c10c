"""How a product is to be seen in a set, told from its title: on a table, on the floor, or lying and seen from above; and
whether it is small.

A photo does not say how large a thing is, nor whether it can stand; what it is called does. What no word is known for stands
on a table, at the size of a toaster.
"""

import re

from processing.imaging.backplates import View

_CLOTHES = (
    "t-?shirt|tee|(?:sweat|night|under)?shirt|blouse|tank[ -]top|crop[ -]top|hoodie|sweater|jumper|pullover|cardigan|jacket|blazer"
    "|waistcoat|dress|skirt|jeans|trousers?|pants|shorts|leggings?|chinos?|tights|socks?|swimsuit|bikini|pyjamas?|pajamas?|scarf"
    "|scarves|shawl|gloves?|mittens?|beanie|romper|onesie"
)
_JEWELLERY = "necklace|pendant|ear-?rings?|brooch"
_FLAT = (
    "wallet|card[ -]holder|passport[ -]holder|throw|blanket|towel|tea[ -]towel|jump[ -]rope|kite|game ?pad|game[ -]controller"
    "|hair[ -]?dryer|multi[ -]?tool|pliers|scissors|screwdriver|spanner|wrench|cutlery|fork|spoon|knife|knives|pen|pencil"
)
_GERMAN = (
    r"\w*(?:hemd|hemden|hosen?|jacken?|kleid|kleider|röcke?|mantel|schals?|mützen?|socken|handschuhe?|halsketten?|ohrringe?"
    r"|gürtel|geldbörsen?|decken?|handtuch|handtücher)"
)
_FRENCH = "chemise|pantalon|veste|robe|jupe|écharpe|foulard|ceinture|collier|portefeuille|pull"
# Words that mean other things outside fashion: a conveyor belt, a bicycle chain, a table top, a coat of paint.
_IN_FASHION = "belt|tie|chain|coat|vest|(?<!high[ -])(?<!low[ -])top|polo|bra"
_FURNITURE = (
    "(?:arm)?chair|stool|sofa|couch|bench|table|desk|sideboard|bookcase|bookshelf|cabinet|wardrobe|dresser|bed|ottoman|pouffe?|floor lamp"
    "|coat rack|clothes rack|bicycle|bike|scooter|stroller|pram|tripod|telescope|ladder|rower|treadmill|suitcase|tent|stuhl|\\w*sessel"
    "|\\w*hocker|\\w*tisch|\\w*regal|\\w*schrank|fahrrad|chaise|fauteuil|tabouret"
)
# What a hand closes around: photographed from near, where everything behind it looks large.
_SMALL = (
    r"mug|cup|tumbler|glasses|sunglasses|eyeglasses|spectacles|goggles|\w*brille|lunettes|watch|uhr|armbanduhr|montre|ring|bangle|bracelet"
    r"|cuff|brooch|\w*phone|mouse|maus|ear-?buds?|usb stick|charger|camera|kamera|lens|lipstick|mascara|nail polish|perfume|cologne"
    r"|parf[uü]m|eau de (?:toilette|parfum)|cream|creme|crème|jar|tin|soap|seife|savon|candle|kerze|bougie|\w*tasse|\w*becher|key-?ring"
    r"|lighter|dice|figurine|head-?lamp|egg cup|shot glass|salt shaker|pepper mill"
)
# After these words the thing itself is another: a shirt press, a sock drawer, a desk lamp, a chair cushion, a bed sheet.
_NOT = (
    "press|drawer|rack|rail|hook|stand|dryer|heater|clip|box|case|bag|backpack|bottle|mug|cup|lamp|light|cushion|pillow|sheet|cover|mat"
    "|runner|organi[sz]er|pad|mount|clock|fan|speaker|loudspeaker|computer|phone|charger|bell|pump|helmet|lock|book|tripod head|toy"
    "|figure|doll|bear|cleaner|polish|spray|butter|cloth|tray|plate|bowl|vase|shoe|boot|sandal|heel|sneaker|trainer|loafer|holder|block|sharpener|tennis|football|grill|saw"
    "|mannequin|bust|dress form"
)
_NOT_SMALL = (
    "microphone|headphones?|saxophone|rack|stand|tree|holder|cabinet|box|table|maker|machine|warmer|dryer|bag|backpack|tripod|opener|cleaner|binder|poster"
    "|light|pad|mat|cloth"
)


def _words(*lists: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(lists)})(?:s|es)?(?!\w)", re.IGNORECASE)


_LYING = _words(_CLOTHES, _JEWELLERY, _FLAT, _GERMAN, _FRENCH)
_LYING_IN_FASHION = _words(_IN_FASHION)
_ON_FLOOR = _words(_FURNITURE)
_ANOTHER = _words(_NOT)
_IN_HAND = _words(_SMALL)
_LARGER = _words(_NOT_SMALL)


def view_of(title: str, category: str) -> View:
    """ "above" for what lies (clothes, jewellery, wallets), "floor" for furniture and the like, "front" for the rest."""
    words = _spaced(title)
    floor = _last(_ON_FLOOR, words)
    lying = max(_last(_LYING, words), _last(_LYING_IN_FASHION, words) if category == "fashion" else -1)
    if max(floor, lying) < 0 or _last(_ANOTHER, words) > max(floor, lying):
        return "front"
    return "above" if lying > floor else "floor"


def is_small(title: str) -> bool:
    """True for what is no larger than a mug: its set is seen from nearer."""
    words = _spaced(title)
    return _last(_IN_HAND, words) > _last(_LARGER, words)


def _spaced(title: str) -> str:
    """The title as it is, and once more with the words of "head-lamp_2" apart."""
    return title + " " + re.sub(r"[-_]+", " ", title)


def _last(pattern: re.Pattern[str], words: str) -> int:
    """Where the last match ends: in English and German the thing itself is named last. -1 for none."""
    return max((match.end() for match in pattern.finditer(words)), default=-1)
