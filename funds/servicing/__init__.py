"""After success: the loan and its register, the holder paid, instalments received, shared and watched."""
