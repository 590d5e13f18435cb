"""The expiry watch on the screen: its rows, and what is done about them."""
