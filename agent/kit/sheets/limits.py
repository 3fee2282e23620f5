"""How large a workbook may be, and what its reader may use; imported by the child too."""

MB = 1024 * 1024

FILE = 64 * MB
ENTRIES = 2_000
ENTRY = 128 * MB
TOTAL = 256 * MB
RATIO = 100
"""Unpacked to packed, of what unpacks to more than SMALL bytes."""
SMALL = 8 * MB

SHEETS = 250
ROWS = 1_048_576
COLUMNS = 1_024
AREA = 16_000_000
"""Cells of the rectangle that a sheet fills: the parser holds all of it."""
STRINGS = 2_000_000
STRING = 1_000_000
"""Bytes of one shared string as it is written."""

ROW = 8 * MB
"""Bytes of a row as the child says it."""
FRAME = MB
"""Bytes that the child says at once, unless one row has more."""
BATCH = 200
"""Rows in a frame."""
HEAD_TEXT = 400
"""Characters of a text that is asked for as one of the first rows."""

MEMORY = 1024 * MB
CPU_SECONDS = 60
ANSWER_SECONDS = 60.0
"""Real time until the child says something."""
CHILDREN = 8
"""That one process has at a time."""
WAIT_SECONDS = 10.0
"""For one of them to end."""
