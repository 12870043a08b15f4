"""Marks and model answers are released task by task, at a time."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; what is released of all tasks stays a matter of the assignment."""
    op.create_table(
        "releases",
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("what", sa.String(length=8), nullable=False),
        sa.Column("shown_from", sa.Double(), nullable=True),
        sa.Column("is_told", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignments.id"], name=op.f("fk_releases_assignment_id")
        ),
        sa.PrimaryKeyConstraint("assignment_id", "task", "what", name=op.f("pk_releases")),
    )
