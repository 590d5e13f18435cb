"""The screen of a case (办件) in parts: what is shown, the next steps, a correction, a new case, the list."""
