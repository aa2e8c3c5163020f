"""Model fields whose types our tools must be told: the money field gives and takes `Money`, not decimals."""

from typing import TYPE_CHECKING, Any

from djmoney.money import Money

if TYPE_CHECKING:
    from django.db import models

    class MoneyField(models.Field[Any, Any]):
        """What `djmoney.models.fields.MoneyField` is to whoever reads or writes a row."""

        _pyi_private_set_type: Money
        _pyi_private_get_type: Money
        _pyi_lookup_exact_type: Money

        def __init__(
            self,
            verbose_name: object = ...,
            *,
            max_digits: int,
            decimal_places: int,
            default_currency: str,
            default: Any = ...,
            currency_choices: Any = ...,
            null: bool = ...,
            blank: bool = ...,
        ) -> None: ...
else:
    from djmoney.models.fields import MoneyField

__all__ = ["MoneyField"]
