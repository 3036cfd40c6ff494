"""How models/tiny-chat (chat) and models/tiny-vlm (vision) were made; what both need."""
