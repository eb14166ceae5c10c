"""How a product is to be seen in a set, told from what it is called: on a table, on the floor, on a wall, or lying and seen from
above; and whether it is small. What words leave open the cut-out decides (processing/imaging/posture.py).

A photo does not say how large a thing is, nor whether it can stand; its title does, or where that is a bare number its
attributes and the name of its file. What no word is known for stands on a table, at the size of a toaster.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from processing.imaging.backplates import View
from processing.styles import WORN

_CLOTHES = (
    "t-?shirt|tee|(?:sweat|night|under)?shirt|blouse|tank[ -]top|crop[ -]top|hoodie|sweater|jumper|pullover|cardigan|jacket|blazer"
    "|waistcoat|dress|skirt|jeans|trousers?|pants|shorts|leggings?|chinos?|tights|socks?|swimsuit|bikini|pyjamas?|pajamas?|scarf"
    "|scarves|shawl|gloves?|mittens?|beanie|romper|onesie"
)
_JEWELLERY = "necklace|pendant|ear-?rings?|brooch"
_FLAT = (
    "wallet|card[ -]holder|passport[ -]holder|jump[ -]rope|kite|chain|game ?pad"
    "|game[ -]controller|hair[ -]?dryer"
    "|multi[ -]?tool|pliers|scissors|screwdriver|spanner|wrench|cutlery|fork|spoon|knife|knives|pen|pencil"
)
_GERMAN = (
    r"\w*(?:hemd|hemden|hosen?|jacken?|kleid|kleider|röcke?|mantel|schals?|mützen?|socken|handschuhe?|halsketten?|ohrringe?"
    r"|gürtel|geldbörsen?)"
)
_FRENCH = "chemise|pantalon|veste|robe|jupe|écharpe|foulard|ceinture|collier|portefeuille|pull"
# Spread out they lie; folded or rolled, or closed to a ring, they were photographed on a table.
_FOLDED = (
    r"(?<!cuff[ -])(?<!bangle[ -])watch|\w*armbanduhr|montre"
    r"|throw|blanket|plaid|towel|tea[ -]towel|\w*(?:decken?|handtuch|handtücher)|serviette de bain|couverture"
)
# Words that mean other things outside fashion: a conveyor belt, a table top, a coat of paint.
_IN_FASHION = "belt|tie|coat|vest|(?<!high[ -])(?<!low[ -])top|polo|bra"
_FURNITURE = (
    "(?:arm)?chair|stool|sofa|couch|bench|table|desk|sideboard|bookcase|bookshelf|cabinet|wardrobe|dresser|bed|ottoman|pouffe?|floor lamp"
    "|coat rack|clothes rack|bicycle|bike|scooter|stroller|pram|tripod|telescope|ladder|rower|treadmill|suitcase|tent|stuhl|\\w*sessel"
    "|\\w*hocker|\\w*tisch|\\w*regal|\\w*schrank|fahrrad|chaise|fauteuil|tabouret"
)
_HANGING = (
    r"hanging[ -](?:plant|basket|planter|pot|lamp|light|chair|decoration|ornament)|pendant[ -](?:lamp|light)|chandelier|on (?:a )?hanger"
    r"|wall[ -](?:clock|lamp|light|sconce|art|mirror|shelf|hook|hanging|planter|decoration|mount)|sconce"
    r"|tapestry|wreath|garland|bunting|wind chimes?"
    r"|dream ?catcher|macram[eé]|canvas print|bird feeder|h[aä]nge(?:pflanze|ampel|korb|lampe|leuchte)|pendelleuchte|kronleuchter"
    r"|wand(?:uhr|lampe|leuchte|bild"
    r"|spiegel|regal|haken)|girlande|türkranz|horloge murale|miroir mural|guirlande|couronne de l'avent"
)
# What a hand closes around: photographed from near, where everything behind it looks large.
_SMALL = (
    r"mug|cup|tumbler|glasses|sunglasses|eyeglasses|spectacles|goggles|\w*brille|lunettes|watch|uhr|armbanduhr|montre|ring|bangle|bracelet"
    r"|cuff|brooch|\w*phone|mouse|maus|ear-?buds?|usb stick|charger|camera|kamera|lens|lipstick|mascara|nail polish|perfume|cologne"
    r"|parf[uü]m|eau de (?:toilette|parfum)|cream|creme|crème|jar|tin|soap|seife|savon|candle|kerze|bougie|\w*tasse|\w*becher|key-?ring"
    r"|lighter|dice|figurine|head-?lamp|egg cup|shot glass|salt shaker|pepper mill"
)
# Made to stand on a sole: where a photo from above shows that slanted it is levelled, or the shoe stands on its toe.
_SOLED = (
    r"(?!horse)\w*shoe|sneaker|trainer|boot|bootie|loafer|brogue|derby|moccasin|espadrille|clog|plimsoll|\w*schuhe?|stiefel|stiefelette"
    r"|turnschuhe?|chaussure|basket de sport|botte|bottine|mocassin"
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
_LYING_OR_FOLDED = _words(_FOLDED)
_ON_FLOOR = _words(_FURNITURE)
_ON_WALL = _words(_HANGING)
_ANOTHER = _words(_NOT)
_IN_HAND = _words(_SMALL)
_LARGER = _words(_NOT_SMALL)
_ON_SOLE = _words(_SOLED)
# Attributes in which shops say what kind of thing something is.
_KINDS = ("product_type", "producttype", "type", "item_type", "google_product_category", "department", "style")
_MATERIALS = ("material", "materials", "material_type")


def views_of(title: str, category: str, *, hints: Iterable[str] = ()) -> tuple[View, ...]:
    """The views that come into question, the likeliest first: "above" for what lies (clothes, jewellery, wallets), "floor" for
    furniture and the like, "wall" for what hangs, "front" for the rest. Two where the cut-out has to tell: blankets may be
    folded on a table, watches stand there, and what no word is known for may be clothes. `hints`: what else says what it is, best
    first, asked where the title does not."""
    for text in (title, *hints):
        views = _told(_spaced(text), category)
        if views:
            return views
    return ("front", "above")


def is_small(title: str, *, hints: Iterable[str] = ()) -> bool:
    """True for what is no larger than a mug: its set is seen from nearer."""
    for words in map(_spaced, (title, *hints)):
        if _last(_IN_HAND, words) >= 0 or _told(words, ""):
            return _last(_IN_HAND, words) > _last(_LARGER, words)
    return False


def is_on_sole(title: str, *, hints: Iterable[str] = ()) -> bool:
    """True for shoes: they stand level."""
    for words in map(_spaced, (title, *hints)):
        if _last(_ON_SOLE, words) >= 0 or _told(words, ""):
            return _last(_ON_SOLE, words) >= max(_last(_ANOTHER, words), _last(_LARGER, words), 0)
    return False


def hints_of(snapshot: Mapping[str, Any]) -> tuple[str, ...]:
    """What a job's snapshot says of its product besides the title: kinds among its attributes, the name of its file, what it is
    made of."""
    attributes = {str(key).lower().replace(" ", "_"): value for key, value in snapshot.get("attributes", {}).items()}
    kinds, materials = (
        [str(attributes[key])[:200] for key in keys if isinstance(attributes.get(key), str)]
        for keys in (_KINDS, _MATERIALS)
    )
    file = str(snapshot.get("source", {}).get("original_name", ""))
    return tuple(text for text in (*kinds, file.rpartition(".")[0] or file, *materials) if text)


def _told(words: str, category: str) -> tuple[View, ...]:
    """The views that the last known word allows; none where no word is known. Of two that end together the first here
    counts: a wall clock hangs, a watch lies."""
    ends: dict[tuple[View, ...], int] = {
        ("wall",): _last(_ON_WALL, words),
        ("floor",): _last(_ON_FLOOR, words),
        ("above",): max(_last(_LYING, words), _last(_LYING_IN_FASHION, words) if category in WORN else -1),
        ("above", "front"): _last(_LYING_OR_FOLDED, words),
        ("front",): max(_last(_ANOTHER, words), _last(_IN_HAND, words)),
    }
    best = max(ends, key=lambda views: ends[views])
    return best if ends[best] >= 0 else ()


def _spaced(title: str) -> str:
    """The title as it is, and once more with the words of "head-lamp_2" apart."""
    return title + " " + re.sub(r"[-_]+", " ", title)


def _last(pattern: re.Pattern[str], words: str) -> int:
    """Where the last match ends: in English and German the thing itself is named last. -1 for none."""
    return max((match.end() for match in pattern.finditer(words)), default=-1)
