"""The shipped models, read once for all tests of a process; a test that changes one copies it first."""

from demo.loading import Models

MODELS = Models("pretrained")
