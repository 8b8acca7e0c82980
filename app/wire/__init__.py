"""What goes over the wire: the schemas of the server's OpenAPI document, and the rules it really applies."""
