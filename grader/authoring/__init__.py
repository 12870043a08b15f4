"""What the author of an assignment writes with; it is bound into the sandbox."""
