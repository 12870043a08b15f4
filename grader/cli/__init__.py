"""The commands: one file per group of them, and nothing else."""

import click

from grader.cli.check import check, new
from grader.cli.class_ import class_
from grader.cli.decide import decide
from grader.cli.doctor import doctor
from grader.cli.export import export
from grader.cli.kit import kit
from grader.cli.pack import pack
from grader.cli.regrade import compare, remark
from grader.cli.review import review
from grader.cli.run import run
from grader.cli.service import COMMANDS


class _Default(click.Group):
    """A group whose first argument may be a folder: `grade submission/` means `grade run submission/`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # An option before the folder belongs to `run`, too.
        if args and args[0] not in {*self.commands, *ctx.help_option_names, "--version"}:
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=_Default,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
@click.version_option(package_name="torch-homework-grader", prog_name="grade")
def main() -> None:
    """Grade PyTorch homework.

    `grade SUBMISSION` grades a folder; it is short for `grade run SUBMISSION`.
    `grade class DIR` grades a class, as it was downloaded.

    Exit code 0: everything passed. 1: a mark was lost. 2: bad usage, or the
    grader's own fault.
    """


for _command in (
    run,
    class_,
    check,
    compare,
    remark,
    decide,
    review,
    export,
    pack,
    new,
    kit,
    doctor,
    *COMMANDS,
):
    main.add_command(_command)
