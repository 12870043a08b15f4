"""Who looks at which answer, who decides about what, and calibrations."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "looking",
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("check", sa.Text(), nullable=False),
        sa.Column("answer", sa.String(length=16), nullable=False),
        sa.Column("seen", sa.Double(), nullable=False),
        *_of_person("looking"),
        sa.PrimaryKeyConstraint("assignment_id", "person_id", name=op.f("pk_looking")),
    )
    op.create_index(op.f("ix_looking_person_id"), "looking", ["person_id"], unique=False)
    op.create_table(
        "graders",
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("check", sa.Text(), nullable=False),
        *_of_person("graders"),
        sa.PrimaryKeyConstraint("assignment_id", "person_id", "task", "check", name=op.f("pk_graders")),
    )
    op.create_index(op.f("ix_graders_person_id"), "graders", ["person_id"], unique=False)
    op.create_table(
        "calibrations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("check", sa.Text(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("closed", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignments.id"], name=op.f("fk_calibrations_assignment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibrations")),
    )
    op.create_index(op.f("ix_calibrations_assignment_id"), "calibrations", ["assignment_id"], unique=False)
    op.create_table(
        "calibration_grades",
        sa.Column("calibration_id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("graded", sa.Double(), nullable=True),
        sa.Column("data", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["calibration_id"],
            ["calibrations.id"],
            name=op.f("fk_calibration_grades_calibration_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_calibration_grades_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submissions.id"],
            name=op.f("fk_calibration_grades_submission_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "calibration_id", "submission_id", "person_id", name=op.f("pk_calibration_grades")
        ),
    )
    for column in ("submission_id", "person_id"):
        name = f"ix_calibration_grades_{column}"
        op.create_index(op.f(name), "calibration_grades", [column], unique=False)


def _of_person(table: str) -> tuple[sa.ForeignKeyConstraint, sa.ForeignKeyConstraint]:
    """Return what ties a table to an assignment and a person."""
    return (
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignments.id"], name=op.f(f"fk_{table}_assignment_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f(f"fk_{table}_person_id"), ondelete="CASCADE"
        ),
    )
