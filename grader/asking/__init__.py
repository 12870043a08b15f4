"""Puts questions to modules in the sandbox and keeps the answers of trusted ones."""
