"""Write the state tables that the code applies, for people to read."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from fres.kernel.states import StateMachine, machines

HEADING = """# États et transitions

Page écrite par `manage.py print_states` à partir des tables que le code applique : ne la modifiez pas à la main.
"""
FINAL = "état final"


class Command(BaseCommand):
    help = "Write docs/states.md from the state machines of the code."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; fail when the page is out of date")
        parser.add_argument("--out", type=Path, default=Path(settings.BASE_DIR) / "docs" / "states.md")

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override("fr"):
            text = page(machines())
        path: Path = options["out"]
        if options["check"]:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                raise CommandError(f"{path.name} is out of date: run manage.py print_states")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self.stdout.write(f"states printed: {len(machines())} machines")


def page(tables: tuple[StateMachine, ...]) -> str:
    """Return the whole page in Markdown."""
    return "\n".join([HEADING, *(section(machine) for machine in tables)])


def section(machine: StateMachine) -> str:
    """Return one machine: its states, then its transitions."""
    lines = [f"## {machine.name}", "", "| État | Code | Suite |", "| --- | --- | --- |"]
    for state in machine.states.values:
        following = ", ".join(str(one.label) for one in machine.from_state(state)) or FINAL
        lines.append(f"| {machine.states(state).label} | `{state}` | {following} |")
    lines += ["", "| De | Vers | Acte | Qui | Condition |", "| --- | --- | --- | --- | --- |"]
    lines += [f"| {' | '.join(cells)} |" for cells in machine.rows()]
    return "\n".join([*lines, ""])
