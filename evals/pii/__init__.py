"""Measures how well personal data is found, and what is taken for it."""
