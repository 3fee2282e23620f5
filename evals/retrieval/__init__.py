"""How well each method finds, on labelled questions of several kinds."""
