"""Class names of LexGLUE's data sets in the order of their integer labels, and the prompts that list them."""

from __future__ import annotations

from mmeval.metrics.labels import multilabelled
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

ledgar = Layout(("text", "label"), label=("label", len(LEDGAR)))
unfair_tos = Layout(("text", "labels"))


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


def unfair_tos_answer(row: Row) -> str:
    """The names of the row's labels, or the way out."""
    return ", ".join(_names(row)) or NONE


def unfair_tos_values(row: Row, results: list[list[str] | None]) -> dict[str, object]:
    """Values of the named labels; "none of these" is a ninth label, as in the official scorer."""
    answer = results[0]
    value = multilabelled(answer, _names(row), labels=UNFAIR_TOS)
    return {"multilabel_f1_micro": value, "multilabel_f1_macro": value, "unparsed_rate": float(answer is None)}


def _names(row: Row) -> list[str]:
    return [UNFAIR_TOS[label] for label in row["labels"]]


def _listed(names: tuple[str, ...]) -> str:
    return "".join(f"- {name}\n" for name in names)
