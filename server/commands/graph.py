from pathlib import Path

from agent.errors import InvalidInput
from graphs.drawing import GRAPHS, mermaid
from server.output import Output


def run(output: Output, name: str, out: Path | None) -> None:
    if name not in GRAPHS:
        raise InvalidInput("graph_unknown", f"{name[:80]!r} is none of {', '.join(GRAPHS)}.")
    drawn = mermaid(name)
    if out is None:
        data = {"graph": name, "mermaid": drawn}
        output.result(data, lambda console: console.print(drawn, end="", soft_wrap=True))
    else:
        out.write_text(drawn, encoding="utf-8")
        data = {"graph": name, "file": str(out)}
        output.result(data, lambda console: console.print(f"Drawn into {out}."))
