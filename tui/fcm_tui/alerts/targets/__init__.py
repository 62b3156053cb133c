"""The ways to people and other systems. Each module has a function that sends one alert, or raises `NotSent`."""
