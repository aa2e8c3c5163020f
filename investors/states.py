"""State machines about people, where the kernel looks for them."""

from investors.protection.states import CLASS_MACHINE

__all__ = ["CLASS_MACHINE"]
