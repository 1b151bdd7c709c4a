"""Class names of LexGLUE's data sets in the order of their integer labels, and the prompts that list them."""

from __future__ import annotations

from collections.abc import Sequence

from mmeval.metrics.labels import multilabelled
from mmeval_tasks.domains.legal.concepts import EUROVOC
from mmeval_tasks.domains.positions import Position
from mmeval_tasks.domains.rows import Layout, Row

# fmt: off
LEDGAR: tuple[str, ...] = (
    "Adjustments", "Agreements", "Amendments", "Anti-Corruption Laws", "Applicable Laws", "Approvals",
    "Arbitration", "Assignments", "Assigns", "Authority", "Authorizations", "Base Salary", "Benefits",
    "Binding Effects", "Books", "Brokers", "Capitalization", "Change In Control", "Closings",
    "Compliance With Laws", "Confidentiality", "Consent To Jurisdiction", "Consents", "Construction", "Cooperation",
    "Costs", "Counterparts", "Death", "Defined Terms", "Definitions", "Disability", "Disclosures", "Duties",
    "Effective Dates", "Effectiveness", "Employment", "Enforceability", "Enforcements", "Entire Agreements",
    "Erisa", "Existence", "Expenses", "Fees", "Financial Statements", "Forfeitures", "Further Assurances",
    "General", "Governing Laws", "Headings", "Indemnifications", "Indemnity", "Insurances", "Integration",
    "Intellectual Property", "Interests", "Interpretations", "Jurisdictions", "Liens", "Litigations",
    "Miscellaneous", "Modifications", "No Conflicts", "No Defaults", "No Waivers", "Non-Disparagement", "Notices",
    "Organizations", "Participations", "Payments", "Positions", "Powers", "Publicity", "Qualifications", "Records",
    "Releases", "Remedies", "Representations", "Sales", "Sanctions", "Severability", "Solvency",
    "Specific Performance", "Submission To Jurisdiction", "Subsidiaries", "Successors", "Survival",
    "Tax Withholdings", "Taxes", "Terminations", "Terms", "Titles", "Transactions With Affiliates",
    "Use Of Proceeds", "Vacations", "Venues", "Vesting", "Waiver Of Jury Trials", "Waivers", "Warranties",
    "Withholdings",
)
# fmt: on
UNFAIR_TOS: tuple[str, ...] = (
    "Limitation of liability",
    "Unilateral termination",
    "Unilateral change",
    "Content removal",
    "Contract by using",
    "Choice of law",
    "Jurisdiction",
    "Arbitration",
)
NONE = "none of these"
SCOTUS: tuple[str, ...] = (
    *("Criminal Procedure", "Civil Rights", "First Amendment", "Due Process", "Privacy", "Attorneys", "Unions"),
    *("Economic Activity", "Judicial Power", "Federalism", "Interstate Relations", "Federal Taxation"),
    "Miscellaneous",
)
ARTICLES = tuple(f"Article {number}" for number in ("2", "3", "5", "6", "8", "9", "10", "11", "14", "P1-1"))
"""Articles of the European Convention on Human Rights."""

ledgar = Layout(("text", "label"), label=Position("label", LEDGAR))
unfair_tos = Layout(("text", "labels"), lists={"labels": None}, label=Position("labels", UNFAIR_TOS))
scotus = Layout(("text", "label"), label=Position("label", len(SCOTUS)))
ecthr = Layout(("text", "labels"), lists={"text": None, "labels": None}, label=Position("labels", len(ARTICLES)))
eurlex = Layout(("text", "labels"), lists={"labels": None}, label=Position("labels", len(EUROVOC)))


def ledgar_titles(row: Row) -> list[str]:  # noqa: ARG001  the titles are the same for every row
    """The hundred titles."""
    return list(LEDGAR)


def ledgar_question(row: Row) -> str:
    """LexGLUE's zero-shot prompt: the section, all titles, the beginning of an answer."""
    return (
        f'Given the following contractual section:\n"{row["text"]}"\n\n'
        "There is an appropriate section title out of the following options:\n"
        f"{_listed(LEDGAR)}The most appropriate option is:"
    )


def unfair_tos_question(row: Row) -> str:
    """The sentence, the eight kinds of unfair terms, and the way out."""
    return (
        f'Given the following sentence from the terms of service of an online platform:\n"{row["text"]}"\n\n'
        "Which of the following kinds of unfair terms does it contain? Name all that apply.\n"
        f"{_listed((*UNFAIR_TOS, NONE))}Answer:"
    )


def scotus_areas(row: Row) -> list[str]:  # noqa: ARG001  the areas are the same for every row
    """The thirteen areas of law that occur."""
    return list(SCOTUS)


def scotus_question(row: Row) -> str:
    """LexGLUE's zero-shot prompt: the opinion, all areas, the beginning of an answer."""
    return (
        f'Given the following opinion from the Supreme Court of USA (SCOTUS):\n"{row["text"]}"\n\n'
        f"Which topics are relevant out of the following options:\n{_listed(SCOTUS)}The relevant option is:"
    )


def ecthr_a_question(row: Row) -> str:
    """LexGLUE's zero-shot prompt on articles that were violated."""
    return _ecthr_question(row, "have been violated")


def ecthr_b_question(row: Row) -> str:
    """LexGLUE's zero-shot prompt on articles that were alleged to be violated."""
    return _ecthr_question(row, "are relevant")


def _ecthr_question(row: Row, which: str) -> str:
    facts = "\n".join(row["text"])
    return (
        f'Given the following facts from a European Court of Human Rights (ECtHR) case:\n"{facts}"\n\n'
        f"Which article(s) of ECHR {which}, if any, out of the following options:\n"
        f"{_listed((*ARTICLES, 'None'))}The relevant options are:"
    )


def eurlex_question(row: Row) -> str:
    """LexGLUE's zero-shot prompt: the law, all concepts, the beginning of an answer."""
    return (
        f'Given the following excerpt from an EU law:\n"{row["text"]}"\n\n'
        f"The EU law is relevant to some topics out of the following options:\n{_listed(EUROVOC)}"
        "The relevant options are:"
    )


def unfair_tos_answer(row: Row) -> str:
    """The names of the row's labels, or the way out."""
    return ", ".join(_names(row, UNFAIR_TOS)) or NONE


def articles_answer(row: Row) -> str:
    """The row's articles, or None."""
    return ", ".join(_names(row, ARTICLES)) or "None"


def concepts_answer(row: Row) -> str:
    """The names of the row's concepts, or that there is none."""
    return ", ".join(_names(row, EUROVOC)) or NONE


def unfair_tos_values(row: Row, results: list[list[str] | None]) -> dict[str, object]:
    """Values of the named labels; "none of these" is a ninth label, as in the official scorer."""
    return _values(row, results[0], UNFAIR_TOS)


def articles_values(row: Row, results: list[list[str] | None]) -> dict[str, object]:
    """Values of the named articles; none of them is one label more, as in the official scorer."""
    return _values(row, results[0], ARTICLES)


def concepts_values(row: Row, results: list[list[str] | None]) -> dict[str, object]:
    """Values of the named concepts. Every law has some, so that none of them is no label."""
    return _values(row, results[0], EUROVOC, none=False)


def _values(row: Row, answer: list[str] | None, labels: Sequence[str], none: bool = True) -> dict[str, object]:
    value = multilabelled(answer, _names(row, labels), labels=labels, none=none)
    return {"multilabel_f1_micro": value, "multilabel_f1_macro": value, "unparsed_rate": float(answer is None)}


def _names(row: Row, labels: Sequence[str]) -> list[str]:
    return [labels[label] for label in row["labels"]]


def holding_question(row: Row) -> str:
    """LexGLUE's zero-shot prompt: the excerpt, all holdings, the beginning of an answer."""
    excerpt = row["context"].replace("<HOLDING>", "[Masked Holding]")
    return (
        f'Given the following excerpt from a US court opinion:\n"{excerpt}"\n\n'
        "The [Masked Holding] is a placeholder for one of the following options:\n"
        f"{_listed(row['endings'])}The relevant option is:"
    )


def holding_values(row: Row, results: list[str | None]) -> dict[str, object]:
    """Values of the holding that was found again: right or wrong, and its position for the F1 over positions."""
    holdings, said, gold = row["endings"], results[0], row["label"]
    right = said == holdings[gold]
    position = gold if right or said is None else holdings.index(said)
    return {
        "exact_match": float(right),
        "f1_macro": (str(gold), None if said is None else str(position), len(holdings)),
        "unparsed_rate": float(said is None),
    }


def ledgar_official_values(row: Row, results: list[str]) -> dict[str, object]:
    """Values as zeroshot_lexglue marks titles: every one that stands anywhere in a text, in the right one as well."""
    gold, said = (
        [title for title in LEDGAR if title.lower() in text.lower()] for text in (LEDGAR[row["label"]], results[0])
    )
    value = multilabelled(said, gold, labels=LEDGAR, none=False)
    return {"multilabel_f1_micro": value, "multilabel_f1_macro": value, "unparsed_rate": float(not said)}


def _listed(names: Sequence[str]) -> str:
    return "".join(f"- {name}\n" for name in names)
