"""The proof of the end as JSON."""

from typing import Any

from tenmatsu.account.safe import printable
from tenmatsu.cli.probe_json import describe_series
from tenmatsu.cli.verify_words import Verified, make_headline
from tenmatsu.model.words import Language


def describe_proof(one: Verified, language: Language) -> dict[str, Any]:
    """Return the object that docs/verify.md describes key by key."""
    goal, proof = one.goal, one.proof
    return {
        "conclusion": printable(make_headline(one).into(language)),
        "answer": proof.answer.value,
        "confidence": proof.confidence,
        "leaning": proof.leaning.value,
        "clean_needed": proof.clean_needed,
        "still_rate": goal.still,
        "usual_rate": goal.usual,
        "earlier": {"failures": goal.earlier.failures, "total": goal.earlier.total} if goal.earlier else None,
        "series": describe_series(one.told, language),
        "symptoms": [
            {
                "id": each.id,
                "now": each.now.value,
                "before": printable(each.before.into(language)),
                "after": printable(each.after.into(language)),
            }
            for each in one.symptoms
        ],
    }
