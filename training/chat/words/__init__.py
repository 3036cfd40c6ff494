"""The words of the talk: tables as text, their one reader, and the pens that write from them."""
