"""A plan as JSON and back: what is exported, approved by its digest, and kept in the journal."""

import json
from datetime import datetime
from typing import Any

from tenmatsu.errors import WrongUse
from tenmatsu.model.plan import Action, Harm, Plan, PlannedStep, Readiness, ReadyBy
from tenmatsu.model.words import Words
from tenmatsu.recover.planner import digest_of, step_as_object


def plan_as_object(plan: Plan) -> dict[str, Any]:
    """Return the object that docs/recovery.md describes key by key."""
    return {
        "remedy": plan.remedy,
        "component": plan.component,
        "cause": plan.cause,
        "digest": plan.digest,
        "site_digest": plan.site_digest,
        "made": plan.made.isoformat(),
        "good_until": plan.good_until.isoformat(),
        "harm": {"seconds": plan.harm.seconds, "components": list(plan.harm.components)},
        "warnings": [{"en": one.en, "ja": one.ja} for one in plan.warnings],
        "steps": [step_as_object(step) for step in plan.steps],
    }


def write_plan(plan: Plan) -> str:
    """Return a plan as JSON text."""
    return json.dumps(plan_as_object(plan), ensure_ascii=False, indent=2)


def read_plan(text: str) -> Plan:
    """Return the plan of a JSON text. Raises WrongUse where it is none, or was changed after it was made."""
    try:
        given = json.loads(text)
        plan = Plan(
            remedy=given["remedy"],
            component=given["component"],
            cause=given["cause"],
            digest=given["digest"],
            site_digest=given["site_digest"],
            made=datetime.fromisoformat(given["made"]),
            good_until=datetime.fromisoformat(given["good_until"]),
            harm=_harm(given["harm"]),
            warnings=tuple(Words(one["en"], one["ja"]) for one in given["warnings"]),
            steps=tuple(_step(one) for one in given["steps"]),
        )
    except (ValueError, LookupError, TypeError, AttributeError) as bad:
        raise WrongUse(NO_PLAN) from bad
    if digest_of(plan.steps, plan) != plan.digest:
        raise WrongUse(CHANGED)
    return plan


def _step(given: dict[str, Any]) -> PlannedStep:
    return PlannedStep(
        id=given["id"],
        action=Action(given["action"]),
        component=given["component"],
        words=Words(given["says"]["en"], given["says"]["ja"]),
        after=tuple(given["after"]),
        expect_before=given["expect_before"],
        check_after=given["check_after"],
        ready=tuple(_readiness(one) for one in given["ready"]),
        limit_seconds=float(given["limit_seconds"]),
        resend_seconds=float(given["resend_seconds"]),
        delay_seconds=float(given["delay_seconds"]),
        undo=given["undo"],
        harm=_harm(given["harm"]),
        force=bool(given["force"]),
        settings=dict(given["settings"]),
    )


def _readiness(given: dict[str, Any]) -> Readiness:
    return Readiness(
        by=ReadyBy(given["by"]),
        target=given["target"],
        expects=given["expects"],
        steady_seconds=float(given["steady_seconds"]),
    )


def _harm(given: dict[str, Any]) -> Harm:
    return Harm(seconds=float(given["seconds"]), components=tuple(given["components"]))


NO_PLAN = Words(
    "this is no plan: plans are made by tenmatsu recover plan --json",
    "計画ではありません。計画は tenmatsu recover plan --json で作ります",
)
CHANGED = Words(
    "this plan was changed after it was made: make a new one",
    "この計画は作成後に変更されています。作り直してください",
)
