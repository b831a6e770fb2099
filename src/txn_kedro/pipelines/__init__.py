"""What happens, as pure functions and graphs of them."""
