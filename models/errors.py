"""What models raise when a caller's input cannot be used."""


class InputError(ValueError):
    """A caller's input cannot be used. The message is one sentence that may be shown to a person."""
