"""`grade doctor`: what this machine isolates."""

import click

from grader.cli.command import guarded
from grader.cli.console import echo


@click.command()
@guarded
def doctor() -> int:
    """Show how well this machine isolates a submission."""
    from grader.sandbox.contract import Level
    from grader.sandbox.probe import layers, level

    found = layers()
    for layer in found:
        mark = click.style("✓", fg="green") if layer.works else click.style("✗", fg="red")
        echo(f"{mark} {layer.name}: {layer.reason}\n")
    best = level(found)
    if best is Level.NONE:
        echo("level: refused; submissions run with --no-sandbox only\n")
        return 2
    echo(f"level: {best.value}\n")
    return 0
