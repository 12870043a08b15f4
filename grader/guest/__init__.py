"""Everything that runs inside the sandbox, beside a stranger's program."""
