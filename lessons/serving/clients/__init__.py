"""What talks to a server: a terminal client, a web page, and what both share."""
