"""How an installation stands: status, doctor, alerts, metrics, backup."""
