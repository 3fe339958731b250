"""What a visitor does in a browser, and what they then see."""
