"""Changes as events that other systems read, a JSON object a line."""
