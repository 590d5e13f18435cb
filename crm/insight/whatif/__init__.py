"""假如: what a change of an item's rule would mean, on the cases as they ran and on the open projects."""
