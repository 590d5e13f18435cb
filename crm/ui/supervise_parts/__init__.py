"""The supervisor's board of lights, the cases behind its cells, and the letters written from them."""
