"""The corpus: hostile messages and their honest twins, as files, each with its verdict."""
