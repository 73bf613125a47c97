"""The wire format: JSON values, faults, the fields of each entity."""
