"""The parts of the catalogue's screens: the list, one item with its rule, documents, special procedures and
history, and the register."""
