"""The WSGI application: the company's API, Intuit's OAuth, and the routes to pages and controls."""
