"""Other packages, each run by the interpreter of its own virtual environment."""
