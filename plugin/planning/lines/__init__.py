"""The lines of an invoice: their products/services, classes, tax codes and discounts. Pure."""
