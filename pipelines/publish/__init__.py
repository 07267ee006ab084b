"""Events on their way out: the contract, MQTT, standard output, files."""
