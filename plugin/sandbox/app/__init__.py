"""The WSGI application: the company's API, Intuit's OAuth, and the way to pages and controls."""
