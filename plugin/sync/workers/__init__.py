"""Beyond one machine: orders that outlive a database's absence, and lanes that Procrastinate workers run."""
