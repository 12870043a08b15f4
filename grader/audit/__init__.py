"""Tests an assignment's checks: `grade check`."""
