"""Measures the leasing agent on annotated apartment conversations (Schema-Guided Dialogue form)."""
