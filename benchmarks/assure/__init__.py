"""``make assure``: every figure of the security test plan, in slices that can be taken up again."""
