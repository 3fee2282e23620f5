"""What may not be said to a lead: pure functions over a text, independent of who wrote it."""
