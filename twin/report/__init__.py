"""What is shown of a study: tables, figures and one HTML file."""
