"""What people see: pages, e-mails, forms on paper."""
