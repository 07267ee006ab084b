"""What becomes of events when the broker, the network, the program or the disk fails?"""
