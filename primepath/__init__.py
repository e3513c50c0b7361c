"""One PrimePath installation: settings, addresses and the server's entry points."""
