"""Reads an assignment's folder."""
