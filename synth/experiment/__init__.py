"""`synth run`: all arms and seeds of one experiment file, from training to the report."""
