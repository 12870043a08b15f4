"""Who is in which course of a platform: a mark goes into the column of that course alone."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; who is known is put into it where it is clear from which course they came."""
    op.create_table(
        "platform_members",
        sa.Column("platform_course_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_platform_members_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["platform_course_id"],
            ["platform_courses.id"],
            name=op.f("fk_platform_members_platform_course_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("platform_course_id", "person_id", name=op.f("pk_platform_members")),
    )
    op.create_index(op.f("ix_platform_members_person_id"), "platform_members", ["person_id"], unique=False)
    op.execute(
        """
        INSERT INTO platform_members (platform_course_id, person_id)
        SELECT one.id, identities.person_id
        FROM platform_courses AS one
        JOIN identities ON identities.issuer = 'lti:' || one.platform_id
        JOIN members ON members.course_id = one.course_id AND members.person_id = identities.person_id
        WHERE NOT EXISTS (
            SELECT 1 FROM platform_courses AS other
            WHERE other.platform_id = one.platform_id AND other.course_id = one.course_id
            AND other.id <> one.id
        )
        """
    )
