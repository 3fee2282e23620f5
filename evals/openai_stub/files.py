"""The uploaded files, as /files shows them."""

from typing import Any

from agent.kit.clock import Clock

from .models import Refused


class Files:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rows: dict[str, dict[str, Any]] = {}
        self._contents: dict[str, bytes] = {}

    def add(self, form: dict[str, tuple[str | None, bytes]]) -> dict[str, Any]:
        purpose = form.get("purpose", (None, b""))[1].decode()
        if "file" not in form or not purpose:
            raise Refused(400, "'file' and 'purpose' are required.")
        name, content = form["file"]
        if not content:
            raise Refused(400, "The file is empty.", param="file")
        file_id = f"file-{len(self._rows) + 1:04}"
        self._contents[file_id] = content
        self._rows[file_id] = {
            "id": file_id,
            "object": "file",
            "bytes": len(content),
            "created_at": int(self._clock.now().timestamp()),
            "filename": name or "file",
            "purpose": purpose,
            "status": "processed",
        }
        return self._rows[file_id]

    def all(self) -> dict[str, Any]:
        rows = [row for row in self._rows.values() if row["id"] in self._contents]
        return {"object": "list", "data": rows, "has_more": False}

    def row(self, file_id: str) -> dict[str, Any]:
        self.content(file_id)
        return self._rows[file_id]

    def content(self, file_id: str) -> bytes:
        if file_id not in self._contents:
            raise Refused(404, f"No such File object: {file_id}", param="id")
        return self._contents[file_id]

    def remove(self, file_id: str) -> dict[str, Any]:
        self.content(file_id)
        del self._contents[file_id]
        return {"id": file_id, "object": "file", "deleted": True}
