"""How a product is to be seen in a set, told from its title: on a table, on the floor, or lying and seen from above.

A photo does not say how large a thing is, nor whether it can stand; what it is called does. What no word is known for stands
on a table.
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
# After these words the thing itself is another: a shirt press, a sock drawer, a desk lamp, a chair cushion, a bed sheet.
_NOT = (
    "press|drawer|rack|rail|hook|stand|dryer|heater|clip|box|case|bag|backpack|bottle|mug|cup|lamp|light|cushion|pillow|sheet|cover|mat"
    "|runner|organi[sz]er|pad|mount|clock|fan|speaker|loudspeaker|computer|phone|charger|bell|pump|helmet|lock|book|tripod head|toy"
    "|figure|doll|bear|cleaner|polish|spray|butter|cloth|tray|plate|bowl|vase|shoe|boot|sandal|heel|sneaker|trainer|loafer|holder|block|sharpener|tennis|football|grill|saw"
)


def _words(*lists: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(lists)})(?:s|es)?(?!\w)", re.IGNORECASE)


_LYING = _words(_CLOTHES, _JEWELLERY, _FLAT, _GERMAN, _FRENCH)
_LYING_IN_FASHION = _words(_IN_FASHION)
_ON_FLOOR = _words(_FURNITURE)
_ANOTHER = _words(_NOT)


def view_of(title: str, category: str) -> View:
    """ "above" for what lies (clothes, jewellery, wallets), "floor" for furniture and the like, "front" for the rest."""
    words = title + " " + re.sub(r"[-_]+", " ", title)
    floor = _last(_ON_FLOOR, words)
    lying = max(_last(_LYING, words), _last(_LYING_IN_FASHION, words) if category == "fashion" else -1)
    if max(floor, lying) < 0 or _last(_ANOTHER, words) > max(floor, lying):
        return "front"
    return "above" if lying > floor else "floor"


def _last(pattern: re.Pattern[str], words: str) -> int:
    """Where the last match ends: in English and German the thing itself is named last. -1 for none."""
    return max((match.end() for match in pattern.finditer(words)), default=-1)
