"""What a report carries over from the year before, and what it freezes when it is published."""

import hashlib
import json
from typing import Any

from projects.models import Report


def prefilled_evidence(before: Report | None) -> dict[str, dict[str, Any]]:
    """Return, by indicator, what last year's report says of how it was measured; values are never carried over."""
    if before is None:
        return {}
    rows = before.values.select_related("indicator")
    return {
        row.indicator.code: {"quality": row.quality, "evidence": row.evidence, "scope_percent": row.scope_percent}
        for row in rows
        if row.is_given
    }


def freeze(report: Report) -> tuple[dict[str, Any], str]:
    """Return the content of a report as it is published, and the SHA-256 of its canonical JSON.

    Proofs are named with their hash, not given: they may hold names of persons.
    """
    rows = report.values.select_related("indicator").order_by("indicator__rank")
    content = {
        "kind": report.kind,
        "year": report.year,
        "project": str(report.project.uuid),
        "indicator_version": report.indicator_version,
        "accounts": {
            "turnover_cents": report.turnover_cents,
            "result_cents": report.result_cents,
            "equity_cents": report.equity_cents,
        },
        "governance": report.governance,
        "label_report": report.label_report,
        "indicators": [
            {
                "code": row.indicator.code,
                "name": row.indicator.name,
                "domain": row.indicator.domain,
                "unit": row.indicator.get_unit_display(),
                "is_rate": row.indicator.is_rate,
                "value": _text(row.value),
                "numerator": _text(row.numerator),
                "denominator": _text(row.denominator),
                "numerator_name": row.indicator.numerator,
                "denominator_name": row.indicator.denominator,
                "quality": row.quality,
                "evidence": row.evidence,
                "scope_percent": row.scope_percent,
            }
            for row in rows
            if row.is_given
        ],
        "pieces": [
            {"kind": piece.kind, "kind_name": piece.get_kind_display(), "name": piece.name, "sha256": piece.sha256}
            for piece in report.pieces.all()
        ],
    }
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return content, hashlib.sha256(text.encode()).hexdigest()


def _text(value: Any) -> str | None:
    return None if value is None else format(value.normalize(), "f")
