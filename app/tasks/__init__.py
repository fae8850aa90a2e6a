"""Work for people: its table, its states, its questions. What changes it is in `app.instances.moves`."""
