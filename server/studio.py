"""The application inside `langgraph dev`: `http.app` of langgraph.json.

Its services and the worker open when the server starts, not at import. The paths of LangGraph's
own server are left to it, so Studio steps through the graphs themselves.
"""

import os

from agent.settings import Settings
from server.app import create_app
from server.state import open_state

app = create_app(lambda: open_state(Settings.from_env(os.environ)), langgraph=False)
