"""Parts of docks: each observes the session, none knows a dock of another kind."""
