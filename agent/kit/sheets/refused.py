"""Why a workbook is not read, as the child says it; imported by the child too."""


class Refused(Exception):
    """Its text is a code that the parent has a message for."""


UNREADABLE = "workbook_unreadable"
NOT_XLSX = "workbook_not_xlsx"
OLD_FORMAT = "workbook_old_format"
ENCRYPTED = "workbook_encrypted"
MACROS = "workbook_macros"
CORRUPT = "workbook_corrupt"
BOMB = "workbook_bomb"
ENTITIES = "workbook_entities"
TOO_LARGE = "workbook_too_large"
TOO_SLOW = "workbook_too_slow"
CELLS_TOO_FAR = "workbook_cells_too_far"
TEXT_TOO_LONG = "workbook_text_too_long"
NO_SHEETS = "workbook_no_sheets"
