"""Is this file what its pack asks for? Measured on the encoded bytes, as the marketplace will read them.

The same checks run when a picture is rendered and when a whole export is checked again from disk.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath

from marketplaces.facts import SUFFIXES, FileFacts, ProductArea
from marketplaces.measures import MEASURES, NAME_MEASURES, Measured
from marketplaces.packs import Pack, Rule
from marketplaces.rulekinds import text_of

_MAGIC = {"JPEG": b"\xff\xd8\xff", "PNG": b"\x89PNG\r\n\x1a\n", "GIF": b"GIF8", "BMP": b"BM"}


@dataclass(frozen=True)
class Finding:
    """One rule held against one file."""

    code: str
    key: str
    severity: str
    passed: bool
    value: str
    limit: str
    detail: str

    @property
    def blocks(self) -> bool:
        return not self.passed and self.severity == "block"


def check_file(  # noqa: PLR0913 - all that is known about a file
    pack: Pack,
    role: str,
    data: bytes,
    *,
    on: date,
    category: str = "",
    name: str = "",
    product: ProductArea | None = None,
    source_type: str = "",
) -> list[Finding]:
    """Every rule of the pack that can be measured on this file, and the true format against the file's ending.

    `source_type` is the digital source type the file must carry, empty for none. A file that cannot be decoded gives
    one blocking finding.
    """
    facts = FileFacts(data, name=name, product=product, source_type=source_type)
    if facts.error:
        return [_fixed("READABLE", False, "no", "yes", f"the file cannot be decoded: {facts.error}")]
    return [_magic(facts), *check_facts(pack, role, facts, on=on, category=category)]


def check_facts(pack: Pack, role: str, facts: FileFacts, *, on: date, category: str = "") -> list[Finding]:
    """Every rule of the pack that these facts can answer, those about the name where there is one."""
    findings = []
    for rule in pack.rules_for(role, category=category, on=on):
        measure = MEASURES.get(rule.code)
        outcome = measure(facts, rule.value) if measure and facts.knows(rule.code) else None
        if outcome is not None:
            findings.append(_finding(rule, outcome))
    return findings + (check_name(pack, role, facts.name, on=on, category=category) if facts.name else [])


def check_name(pack: Pack, role: str, name: str, *, on: date, category: str = "") -> list[Finding]:
    """The rules about a file's name alone."""
    rules = pack.rules_for(role, category=category, on=on)
    return [_finding(rule, NAME_MEASURES[rule.code](name, rule.value)) for rule in rules if rule.code in NAME_MEASURES]


def _finding(rule: Rule, outcome: Measured) -> Finding:
    passed, value, detail = outcome
    limit = f"{text_of(rule.value)} {rule.unit}".strip()
    return Finding(rule.code, rule.key, rule.severity, passed, value, limit, "" if passed else detail)


def check_set(pack: Pack, *, roles: Sequence[str], on: date) -> list[Finding]:
    """The rules about how many pictures a listing has, given the role of each."""
    findings = []
    for rule in pack.rules:
        if rule.code not in ("MIN_COUNT", "MAX_COUNT") or not rule.in_force(on) or not isinstance(rule.value, int):
            continue
        count = sum(rule.scope.covers(role, "") for role in roles)
        passed = count >= rule.value if rule.code == "MIN_COUNT" else count <= rule.value
        words = "at least" if rule.code == "MIN_COUNT" else "at most"
        detail = (
            "" if passed else f"{count} picture{'' if count == 1 else 's'}, {pack.label} wants {words} {rule.value}"
        )
        findings.append(Finding(rule.code, rule.key, rule.severity, passed, str(count), str(rule.value), detail))
    return findings


def blocking(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.blocks]


def warnings(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if not finding.passed and finding.severity == "warn"]


def _fixed(code: str, passed: bool, value: str, limit: str, detail: str) -> Finding:
    return Finding(code, code, "block", passed, value, limit, "" if passed else detail)


def _magic(facts: FileFacts) -> Finding:
    """First bytes, decoder and file ending must agree."""
    ending = PurePath(facts.name).suffix.lower().lstrip(".")
    endings = SUFFIXES.get(facts.format, ())
    faults = []
    if not facts.data.startswith(_MAGIC.get(facts.format, b"")):
        faults.append("the first bytes are not those of its format")
    if facts.name and ending not in endings:
        faults.append(f"the name ends in .{ending}, the file is {facts.format}")
    if getattr(facts.image, "n_frames", 1) > 1:
        faults.append("the file holds several pictures")
    return _fixed("FORMAT", not faults, facts.format, "true format", "; ".join(faults))
