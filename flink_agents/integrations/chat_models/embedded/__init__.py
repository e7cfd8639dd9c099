"""Models that run inside the process, by llama.cpp."""
