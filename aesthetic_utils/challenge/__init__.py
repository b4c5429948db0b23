"""The generation challenge of a class: what is hidden, what is handed in, how it is scored, and the board."""
