"""A calibrated twin of a firm's order-to-cash life."""
