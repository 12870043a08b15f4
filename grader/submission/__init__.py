"""Submissions: reading, layout, notebooks, and the scan for forbidden layers."""
