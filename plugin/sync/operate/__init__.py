"""What an operator needs: alerts and who gets them, metrics, logs, backup and restore, and the doctor."""
