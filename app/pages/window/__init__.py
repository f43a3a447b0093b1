"""What belongs to the whole window: menus, bars, help, farewell."""
