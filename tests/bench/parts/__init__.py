"""What benchmarks of the lane stand on."""
