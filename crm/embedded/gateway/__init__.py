"""A stand-in for the SMS company on this machine: its protocol, its ledger, its receipts.

It speaks the part of Alibaba Cloud SMS that Suian uses, so that the embedded clinic sends real
requests and nothing ever leaves the machine. It knows nothing of the app: it runs with its own
environment and its own folder, and shares only the signing functions.
"""
