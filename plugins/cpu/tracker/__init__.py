"""The twin of nvtracker."""
