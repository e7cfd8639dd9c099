"""Tongyi: chat models of Alibaba Cloud, reached by the DashScope SDK."""
