"""What follows a financing: reports asked, reasons of alert, restructuring, default, loss, exit."""
