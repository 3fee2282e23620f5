"""How well resolved tickets help with the next one: a replay with people's decisions."""
