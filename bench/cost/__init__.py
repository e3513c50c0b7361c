"""What is measured with Django set up: ``bench._rows`` imports it in a process of each database."""
