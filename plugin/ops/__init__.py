"""The operation of an installation: status, doctor, alerts, metrics, backup."""
