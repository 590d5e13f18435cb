"""Pieces of the visit screens: the form as it is typed, lists, photos."""
