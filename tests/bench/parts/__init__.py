"""The parts that benchmarks of the company queue share."""
