"""What makes the documentation's site out of the product: hooks of mkdocs, and generators."""
