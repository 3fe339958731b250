"""Side-by-side measurements, run by hand; each is quoted as a ratio. Never a test."""
