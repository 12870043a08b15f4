"""`grade doctor`: what this machine isolates."""

import click

from grader.cli.command import guarded
from grader.cli.console import echo


@click.command()
@guarded
def doctor() -> int:
    """Show how well this machine isolates a submission, and what to grant."""
    from grader.report.terminal.submission_summary import wrapped
    from grader.sandbox.contract import Level
    from grader.sandbox.probe import container, layers, level

    found = layers()
    for layer in found:
        mark = click.style("✓", fg="green") if layer.works else click.style("✗", fg="red")
        first, *more = wrapped(f"  {layer.name}: {layer.reason}", "", "    ")
        echo("\n".join([f"{mark} {first.lstrip()}", *more, ""]))
    best = level(found)
    refused = "refused; submissions run with --no-sandbox only"
    where = container()
    echo(f"level: {refused if best is Level.NONE else best.value}{f' ({where})' if where else ''}\n")
    for layer in found:
        if not layer.works and layer.advice:
            missing = "full" if layer.name == "namespaces" else "good"
            lines = wrapped(f"For the level {missing}: {layer.advice} (docs/containers.md).", "", "  ")
            echo("\n".join([*lines, ""]))
    return 2 if best is Level.NONE else 0
