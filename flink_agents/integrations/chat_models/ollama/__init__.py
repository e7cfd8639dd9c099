"""Ollama: its chat protocol. The public classes are in ``chat_models.ollama_chat_model``."""
