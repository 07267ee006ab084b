"""The twins of nvof and nvofvisual: how pixels moved since the frame before."""
