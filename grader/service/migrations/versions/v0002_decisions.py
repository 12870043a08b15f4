"""What people decide, and the marks that follow."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and the columns of what decisions are about."""
    op.create_table(
        "decisions",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.String(length=32), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignments.id"], name=op.f("fk_decisions_assignment_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_decisions_person_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submissions.id"],
            name=op.f("fk_decisions_submission_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_decisions")),
        sa.UniqueConstraint("id", name=op.f("uq_decisions_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_decisions_assignment", "decisions", ["assignment_id", "submission_id", "number"])
    op.create_index(op.f("ix_decisions_submission_id"), "decisions", ["submission_id"])
    op.create_table(
        "marks",
        sa.Column("result_id", sa.Integer(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("look_again", sa.Integer(), nullable=False),
        sa.Column("graded", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["result_id"], ["results.id"], name=op.f("fk_marks_result_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("result_id", name=op.f("pk_marks")),
    )
    op.add_column("revisions", sa.Column("questions", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("results", sa.Column("flagged", sa.Integer(), nullable=False, server_default="0"))
    op.add_column(
        "regrade_requests", sa.Column("decision", sa.String(length=64), nullable=False, server_default="")
    )
