"""The output for people: pages, e-mails, PDFs."""
