"""What requests and answers look like, as pydantic models: shared by the server and ``mixtrove.client``."""
