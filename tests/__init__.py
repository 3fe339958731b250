"""Tests. Run them with: python -m pytest"""
