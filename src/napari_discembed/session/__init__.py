"""What the docks of one viewer share, with no Qt: state, trainings, autosave."""
