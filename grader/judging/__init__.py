"""Turns answers into verdicts, explanations and marks."""
