"""The parts of the project screens: filters bound to the URL, lists, the record's header and tabs."""
