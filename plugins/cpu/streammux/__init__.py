"""The twins of nvstreammux, the legacy and the new one, and of nvstreamdemux."""
