"""The engine `llm`: a language model behind any address that speaks the protocol of OpenAI's chat completions."""
