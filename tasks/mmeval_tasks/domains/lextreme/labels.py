"""The label lists of LEXTREME, each in the order of its integer labels.

They are those of the data set's loading script. EuroVoc's concepts are numbers there: their names are the English ones
of EuroVoc. The long lists stand in `names/`, a name a line.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


def _listed(stem: str) -> tuple[str, ...]:
    return tuple((Path(__file__).parent / "names" / f"{stem}.txt").read_text(encoding="utf-8").splitlines())


def _tags(*kinds: str) -> Iterator[str]:
    return (f"{place}-{kind}" for kind in kinds for place in "BI")


JUDGMENTS = ("no", "partial", "yes")
UNANIMITY = ("unanimity", "not-unanimity")
COMPONENTS = ("conclusion", "definition", "subsumption", "other")
APPEALS = ("dismissal", "approval")
UNFAIRNESS = ("potentially_unfair", "clearly_unfair", "clearly_fair")
VOLUMES, CHAPTERS, SUBJECTS = (_listed(f"greek_{level}s") for level in ("volume", "chapter", "subject"))
"""Three levels of the Permanent Greek Legislation Code."""

TOPICS = (
    *("Arbitration", "Unilateral change", "Content removal", "Jurisdiction", "Choice of law"),
    *("Limitation of liability", "Unilateral termination", "Contract by using", "Privacy included"),
)
EVENTS = (
    *(
        "State of Emergency",
        "Restrictions of fundamental rights and civil liberties",
        "Restrictions of daily liberties",
    ),
    *("Closures / lockdown", "Suspension of international cooperation and commitments", "Police mobilization"),
    *("Army mobilization", "Government oversight"),
)
CONCEPTS_1, CONCEPTS_2, CONCEPTS_3 = (_listed(f"eurovoc_level_{level}") for level in (1, 2, 3))
"""Domains, sub-domains and top terms of EuroVoc."""

LENER_BR = ("O", *_tags("ORGANIZACAO", "PESSOA", "TEMPO", "LOCAL", "LEGISLACAO", "JURISPRUDENCIA"))
LEGALNERO = ("O", *_tags("TIME", "LEGAL", "ORG", "LOC", "PER"))
GREEK_LEGAL_NER = (
    *("O", *_tags("ORG", "GPE", "LEG-REFS", "PUBLIC-DOCS", "PERSON", "FACILITY", "LOCATION-UNK", "LOCATION-NAT")),
)
MAPA_COARSE = ("O", *_tags("ORGANISATION", "ADDRESS", "DATE", "PERSON", "AMOUNT", "TIME"))
MAPA_FINE = (
    *("O", *_tags("BUILDING", "CITY", "COUNTRY", "PLACE", "TERRITORY"), "I-UNIT", "B-UNIT", *_tags("VALUE", "YEAR")),
    *_tags("STANDARD ABBREVIATION", "MONTH", "DAY", "AGE", "ETHNIC CATEGORY", "FAMILY NAME", "INITIAL NAME"),
    *_tags("MARITAL STATUS", "PROFESSION", "ROLE", "NATIONALITY", "TITLE", "URL", "TYPE"),
)
