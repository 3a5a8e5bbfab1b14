"""Lays the searches out; imported once."""

from crm.separation.selectors import register_all

register_all()
