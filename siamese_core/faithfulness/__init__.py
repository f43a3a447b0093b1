"""Whether a map tells what the network really goes by, measured in many ways."""
