"""The addresses of the API, a file a group. Handlers read the request, call one function of ours, answer.

What compares tracks (compiled code), asks providers or reads the warehouse is imported by the handlers that
need it, so that a server answers soon after it was started; ``app`` imports it all beside the first requests.
"""
