"""How each file in pretrained/ was made: python -m training.<family> --help."""
