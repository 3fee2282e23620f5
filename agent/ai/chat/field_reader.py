"""Reads one text field of a JSON object while the object is still being written."""

_ESCAPED = {
    '"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
}  # fmt: skip
_LOST = "\ufffd"


class FieldReader:
    """`feed` takes the next piece of JSON and gives what it adds to the field's value.

    Only a text at the top level counts. JSON that is broken gives less text, never an error.
    """

    def __init__(self, field: str) -> None:
        self._field = field
        self._depth = 0
        self._in_text = False
        self._is_key = False
        self._expects_key = False
        self._name = ""
        self._escape = ""
        self._high = ""
        """The first half of a surrogate pair, waiting for the second."""

    def feed(self, piece: str) -> str:
        return "".join([self._in(char) if self._in_text else self._out(char) for char in piece])

    def _out(self, char: str) -> str:
        """A character between the texts."""
        if char == '"':
            self._in_text = True
            self._is_key = self._expects_key and self._depth == 1
            if self._is_key:
                self._name = ""
        elif char in "{[":
            self._depth += 1
            self._expects_key = char == "{" and self._depth == 1
        elif char in "}]":
            self._depth -= 1
        elif self._depth == 1 and char in ":,":
            self._expects_key = char == ","
        return ""

    def _in(self, char: str) -> str:
        """A character of a text or of an escape in it."""
        if self._escape:
            return self._escaped(char)
        if char == "\\":
            self._escape = char
            return ""
        if char == '"':
            self._in_text = False
            lost = self._take("") if self._high else ""
            return lost
        return self._take(char)

    def _escaped(self, char: str) -> str:
        self._escape += char
        if self._escape[1] != "u":
            self._escape = ""
            return self._take(_ESCAPED.get(char, ""))
        if len(self._escape) < 6:
            return ""
        digits, self._escape = self._escape[2:], ""
        try:
            return self._take(chr(int(digits, 16)))
        except ValueError:
            return self._take(_LOST)

    def _take(self, char: str) -> str:
        """The next character of the text, halves of surrogate pairs joined."""
        high, self._high = self._high, ""
        if high and "\udc00" <= char <= "\udfff":
            char = (high + char).encode("utf-16", "surrogatepass").decode("utf-16")
        elif "\ud800" <= char <= "\udbff":
            self._high = char
            char = _LOST if high else ""
        else:
            char = (_LOST if high else "") + (_LOST if "\udc00" <= char <= "\udfff" else char)
        if self._is_key:
            self._name += char
            return ""
        return char if self._depth == 1 and self._name == self._field else ""
