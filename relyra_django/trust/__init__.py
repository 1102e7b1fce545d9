"""Whom we trust, and every way that this may change: one transaction with its audit row."""
