"""CPU twins of DeepStream's elements and of pyds."""
