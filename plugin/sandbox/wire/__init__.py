"""What stands on the wire: JSON values, faults, the fields of each entity."""
