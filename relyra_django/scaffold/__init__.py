"""What relyra_install writes into a project: planned whole, then written, never guessed."""
