"""The twins of nvurisrcbin and nvv4l2decoder: where frames come from."""
