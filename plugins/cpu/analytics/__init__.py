"""The twin of nvdsanalytics."""
