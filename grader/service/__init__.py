"""The service: people hand in over the web, workers grade, and nothing that was accepted is lost."""
