"""Loan contracts: the model that an offer shows, and the contract that a successful one becomes (CMF R548-6)."""

from funds.contracts.issuing import issue_contract_model, issue_loan_contract, issue_missing_contracts

__all__ = ["issue_contract_model", "issue_loan_contract", "issue_missing_contracts"]
