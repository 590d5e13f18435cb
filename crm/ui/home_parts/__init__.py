"""The home screens, one file a role, and the alert lines they share with the alert list."""
