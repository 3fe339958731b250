"""Model wrapper classes: no Gradio, no training, no network."""
