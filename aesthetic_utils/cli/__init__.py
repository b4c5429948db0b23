"""The command `aesthetic`, one file a command; main.py puts them together."""
