"""The plugin's interface: docks, their panels, and what lies between layers and values."""
