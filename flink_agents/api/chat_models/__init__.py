"""Base classes of chat-model connections and setups."""
