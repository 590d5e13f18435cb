"""What the product does: one room per capability. See docs/house.md."""
