"""Small changes of a program."""
