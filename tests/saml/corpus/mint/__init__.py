"""How the data of the corpus is made. Nothing here runs when the corpus is judged."""
