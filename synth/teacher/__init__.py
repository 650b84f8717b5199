"""Start, supervise and talk to the teacher: the language model that writes the synthetic text."""
