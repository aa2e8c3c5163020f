"""What each URL answers to each role (design D12); `tests/test_access.py` asks them all, and fails when one is missing.

The status is the answer to a person who holds that role alone, everywhere, has a verified address, a complete profile,
a password typed again a moment ago and, for staff, a second factor proven in the session. Objects in the address belong
to somebody else. 404: may not know of it. 403: may know, may not do. 302 for a visitor: asked to sign in first. `OWNER`
is the person the object belongs to, where there is one. This module imports nothing.
"""

ANONYMOUS = "anonymous"
OWNER = "owner"
STAFF = (
    "instructor",
    "committee",
    "evaluator",
    "monitoring",
    "treasurer",
    "compliance",
    "manager",
    "auditor",
    "administrator",
)
COMMITTEE_WATCHERS = ("manager", "instructor", "evaluator", "compliance", "auditor")
OUTSIDE = ("saver", "holder", "accompanying", "partner", "official")
ROLES = (*OUTSIDE, *STAFF)
# Staff who open files from the desk; the committee reads them in its sessions, once it has declared its interests.
FILE_READERS = ("instructor", "evaluator", "monitoring", "compliance", "manager", "auditor", "administrator")


def same(status: int, **exceptions: int) -> dict[str, int]:
    """The same answer for visitors and every role, but for the exceptions named."""
    return dict.fromkeys((ANONYMOUS, *ROLES), status) | exceptions


def signed_in(status: int, **exceptions: int) -> dict[str, int]:
    """Visitors are asked to sign in; every role gets the same answer, but for the exceptions named."""
    return same(status, anonymous=302) | exceptions


def back_office(status: int, *roles: str, others: int = 403) -> dict[str, int]:
    """The roles named get `status`, other staff 403; outside the staff nobody knows of the page."""
    answers = same(404, anonymous=302) | dict.fromkeys(STAFF, others)
    return answers | dict.fromkeys(roles, status)


def following(status: int, *roles: str) -> dict[str, int]:
    """The staff roles named see what belongs to others; for everyone else it does not exist."""
    return signed_in(404) | dict.fromkeys(roles, status)


ACCESS: dict[str, dict[str, int]] = {
    # Kernel
    "kernel:health": same(200),
    "kernel:set_theme": same(302),
    "kernel:parameters": back_office(200, *STAFF),
    "kernel:parameters_export": back_office(200, *STAFF),
    "kernel:parameter": back_office(200, *STAFF),
    "set_language": same(302),
    # Offers, commitments, payments, books
    "home": same(200),
    "funds:offers": same(200),
    "funds:offer": same(200),
    "funds:solvency": same(200),
    "funds:commit": signed_in(200),
    "funds:sign": signed_in(302),
    "funds:space": signed_in(200),
    "funds:ceiling": signed_in(200),
    "funds:commitment": following(200, "treasurer", "compliance", "manager", "monitoring", "auditor", "administrator")
    | {OWNER: 200},
    "funds:revoke": signed_in(404) | {OWNER: 302},
    "funds:leave_waiting_list": signed_in(404) | {OWNER: 302},
    "funds:pay": signed_in(404),
    "funds:refund": signed_in(404) | {OWNER: 302},
    "funds:payment": following(200, "treasurer", "manager", "auditor") | {OWNER: 200},
    "funds:payment_return": following(302, "treasurer", "manager", "auditor"),
    "funds:webhook": same(400),
    "funds:holder_space": signed_in(200),
    "funds:pay_instalment": signed_in(404),
    "funds:payee_account": signed_in(404),
    "funds:desk": back_office(200, *STAFF),
    "funds:payouts": back_office(200, "treasurer", "manager", "compliance", "auditor"),
    "funds:payout": back_office(200, "treasurer", "manager", "compliance", "auditor"),
    # Refunds that came back, given back by bank transfer
    "funds:ask_bank_refund": signed_in(404) | {OWNER: 200},
    "funds:bank_refunds": back_office(200, "treasurer", "manager", "compliance", "auditor"),
    "funds:bank_refund": back_office(200, "treasurer", "manager", "compliance", "auditor"),
    # Issued documents; the page that says whether one is genuine is for whoever holds it
    "reporting:documents": signed_in(200),
    "reporting:document": following(200, "treasurer", "compliance", "manager", "auditor") | {OWNER: 200},
    "reporting:verify": same(200),
    "reporting:verify_code": same(200),
    # The demonstration, open to whoever visits it
    "demonstration:accounts": same(200),
    "demonstration:mailbox": same(200),
    "demonstration:message": same(200),
    "demonstration:clock": same(200),
    # Pages of text
    "pages:how": same(200),
    "pages:risks": same(200),
    "pages:fees": same(200),
    "pages:selection": same(200),
    "pages:complaints": same(200),
    "pages:conflicts": same(200),
    "pages:legal": same(200),
    "pages:accessibility": same(200),
    "pages:privacy": same(200),
    # Accounts (allauth): entering is for visitors, the rest for the person signed in
    "account_login": same(302, anonymous=200),
    "account_signup": same(302, anonymous=200),
    "account_logout": same(200, anonymous=302),
    "account_inactive": same(200),
    "account_email_verification_sent": same(200),
    "account_confirm_email": same(200),
    "account_confirm_login_code": same(302),
    "account_email": signed_in(200),
    "account_change_password": signed_in(200),
    "account_set_password": signed_in(302),
    "account_reauthenticate": signed_in(200),
    "account_reset_password": same(200),
    "account_reset_password_done": same(200),
    "account_reset_password_from_key": same(200),
    "account_reset_password_from_key_done": same(200),
    # Second factor: none of its own is installed, so there is nothing to take away, show or use
    "mfa_index": signed_in(200),
    "mfa_authenticate": same(302),
    "mfa_reauthenticate": signed_in(302),
    "mfa_activate_totp": signed_in(200),
    "mfa_deactivate_totp": signed_in(404),
    "mfa_view_recovery_codes": signed_in(404),
    "mfa_generate_recovery_codes": signed_in(200),
    "mfa_download_recovery_codes": signed_in(404),
    "mfa_list_webauthn": signed_in(200),
    "mfa_add_webauthn": signed_in(200),
    "mfa_reauthenticate_webauthn": signed_in(302),
    "mfa_remove_webauthn": signed_in(404),
    "mfa_edit_webauthn": signed_in(404),
    "mfa_login_webauthn": same(302),
    "usersessions_list": signed_in(200),
    # People
    "investors:profile": signed_in(200),
    "investors:iban": signed_in(200),
    "investors:data": signed_in(200),
    "investors:data_copy": signed_in(200),
    "investors:text": same(200),
    "investors:parties": back_office(200, "compliance", "administrator"),
    "investors:party": back_office(200, "compliance", "administrator"),
    "investors:check_party": back_office(302, "compliance"),
    "investors:users": back_office(200, "compliance", "administrator"),
    "investors:user": back_office(200, "compliance", "administrator"),
    "investors:grant_role": back_office(302, "administrator"),
    "investors:revoke_role": back_office(302, "administrator"),
    "investors:journal": back_office(200, "auditor", "compliance", "administrator"),
    # Applications: calls and refusals are public; a file is its team's, those it names, and once sent the staff's
    "applications:calls": same(200),
    "applications:call": same(200),
    "applications:refusals": same(200),
    "applications:refusals_of_year": same(200),
    "applications:mine": signed_in(200),
    "applications:start": signed_in(200),
    "applications:file": signed_in(404) | {OWNER: 200},
    "applications:section": signed_in(404) | {OWNER: 200},
    "applications:join_piece": signed_in(404) | {OWNER: 302},
    "applications:piece": signed_in(404) | {OWNER: 200},
    "applications:remove_piece": signed_in(404) | {OWNER: 302},
    "applications:submit": signed_in(404) | {OWNER: 200},
    "applications:ask_signature": signed_in(404) | {OWNER: 302},
    "applications:answer": signed_in(404) | {OWNER: 302},
    "applications:message": signed_in(404) | {OWNER: 302},
    "applications:appeal": signed_in(404) | {OWNER: 302},
    "applications:withdraw": signed_in(404) | {OWNER: 302},
    "applications:clone": signed_in(404) | {OWNER: 302},
    "applications:update_form": signed_in(404) | {OWNER: 302},
    "applications:version": signed_in(404) | {OWNER: 200},
    "applications:receipt": signed_in(404) | {OWNER: 200},
    "applications:reviews": back_office(200, *FILE_READERS),
    "applications:review": back_office(200, *FILE_READERS),
    "applications:review_piece": back_office(200, *FILE_READERS),
    "applications:review_receipt": back_office(200, *FILE_READERS),
    "applications:review_act": back_office(403) | {"instructor": 302},
    "applications:decide": back_office(403) | {"manager": 422},
    "applications:calls_desk": back_office(200, *FILE_READERS),
    "applications:form_definition": back_office(200, *FILE_READERS),
    # Organisations and groupings: a holder's own exist for their team only
    "organisations:directory": same(200),
    "organisations:organisation": same(200),
    "organisations:eligibility": same(200),
    "organisations:verdict": same(200),
    "organisations:diagnosis": same(200),
    "organisations:diagnosis_profile": same(200),
    "organisations:tools": same(200),
    "organisations:keep_answers": signed_in(200),
    "organisations:invitation": signed_in(200),
    "organisations:create": signed_in(200),
    "organisations:own": signed_in(404) | {OWNER: 200},
    "organisations:edit": signed_in(404) | {OWNER: 200},
    "organisations:numbers": signed_in(404) | {OWNER: 200},
    "organisations:places": signed_in(404) | {OWNER: 200},
    "organisations:people": signed_in(404) | {OWNER: 200},
    "organisations:end_person": signed_in(404) | {OWNER: 302},
    "organisations:sign": signed_in(404) | {OWNER: 302},
    "organisations:public_page": signed_in(404) | {OWNER: 302},
    "organisations:team": signed_in(404) | {OWNER: 200},
    "organisations:change_member": signed_in(404) | {OWNER: 302},
    "organisations:remove_member": signed_in(404) | {OWNER: 302},
    "organisations:withdraw_invitation": signed_in(404) | {OWNER: 302},
    "groupings:directory": same(200),
    "groupings:grouping": same(200),
    "groupings:create": signed_in(404) | {OWNER: 200},
    "groupings:manage": signed_in(404) | {OWNER: 200},
    "groupings:edit": signed_in(404) | {OWNER: 200},
    "groupings:act": signed_in(404) | {OWNER: 302},
    "groupings:change_state": signed_in(404) | {OWNER: 302},
    "groupings:sign": signed_in(404) | {OWNER: 302},
    "groupings:leave": signed_in(404) | {OWNER: 302},
    # Committees: the public reads decisions and recusals; members reach a session and its files by their seat
    "committee:decisions": same(200),
    "committee:decision": same(200),
    "committee:recusals": same(200),
    "committee:desk": back_office(200, *STAFF),
    "committee:new_committee": back_office(200, "manager"),
    "committee:committee": back_office(200, *STAFF),
    "committee:new_grid": back_office(200, "manager"),
    "committee:new_session": back_office(200, "manager"),
    "committee:draw": back_office(200, *STAFF),
    "committee:session": back_office(200, *COMMITTEE_WATCHERS),
    "committee:item": back_office(200, *COMMITTEE_WATCHERS) | {OWNER: 200},
    "committee:piece": back_office(200, *COMMITTEE_WATCHERS) | {OWNER: 200},
    "committee:minutes": back_office(200, *COMMITTEE_WATCHERS),
    "committee:minutes_pdf": back_office(200, *COMMITTEE_WATCHERS),
    "committee:conditions": back_office(
        200, "committee", "manager", "instructor", "monitoring", "auditor", "compliance"
    ),
    # Labels: the public register, a holder's own, the evaluators' desk; labels held and accepted
    "labels:register": same(200),
    "labels:referentials": same(200),
    "labels:referential": same(200),
    "labels:report": same(200),
    "labels:signatories": same(200),
    "labels:award": same(200),
    "labels:explanation": following(200, *STAFF) | {OWNER: 200},
    "labels:mine": signed_in(200),
    "labels:claim": signed_in(403) | {OWNER: 200},
    "labels:sign": signed_in(403) | {OWNER: 200},
    "labels:reply": signed_in(404) | {OWNER: 302},
    "labels:desk": back_office(200, *STAFF),
    "labels:start": back_office(200, "evaluator"),
    "labels:assessment": back_office(200, *STAFF),
    "labels:piece": back_office(200, *STAFF),
    "labels:new_version": back_office(200, "evaluator", "manager"),
    "labels:misuse": back_office(302, "evaluator"),
    "labels:signature": back_office(302, "evaluator"),
    "fund_labels:held": back_office(200, *STAFF),
    "fund_labels:award": back_office(200, *STAFF),
    "fund_labels:accepted": back_office(200, *STAFF),
    # Campaigns: the file of an offer, its sheet, what is said under it, its tranches
    "campaigns:sheet": same(200),
    "campaigns:sheet_versions": same(200),
    "campaigns:ask": signed_in(302),
    "campaigns:intend": signed_in(302),
    "campaigns:card": same(200),
    "campaigns:image": same(200),
    "campaigns:mine": signed_in(200),
    "campaigns:prepare": signed_in(404) | {OWNER: 200},
    "campaigns:file": signed_in(404) | {OWNER: 200},
    "campaigns:terms": signed_in(404) | {OWNER: 200},
    "campaigns:answers": signed_in(404) | {OWNER: 200},
    "campaigns:team": signed_in(404) | {OWNER: 200},
    "campaigns:plan": signed_in(404) | {OWNER: 200},
    "campaigns:tranches": signed_in(404) | {OWNER: 200},
    "campaigns:preview": signed_in(404) | {OWNER: 200},
    "campaigns:questions": signed_in(404) | {OWNER: 200},
    "campaigns:leave": signed_in(404) | {OWNER: 302},
    "campaigns:vote": signed_in(404) | {OWNER: 200},
    "campaigns:desk": back_office(200, *STAFF),
    "campaigns:desk_offer": back_office(200, *STAFF),
}

# Asked by POST, because a GET would answer 405 before any right is looked at.
POSTED = frozenset(
    {
        "kernel:set_theme",
        "funds:sign",
        "funds:revoke",
        "funds:leave_waiting_list",
        "funds:pay",
        "funds:refund",
        "funds:webhook",
        "funds:pay_instalment",
        "funds:payee_account",
        "campaigns:ask",
        "campaigns:intend",
        "campaigns:leave",
        "set_language",
        "investors:check_party",
        "investors:grant_role",
        "investors:revoke_role",
        "applications:join_piece",
        "applications:remove_piece",
        "applications:ask_signature",
        "applications:answer",
        "applications:message",
        "applications:appeal",
        "applications:withdraw",
        "applications:clone",
        "applications:update_form",
        "applications:review_act",
        "applications:decide",
        "organisations:end_person",
        "organisations:sign",
        "organisations:public_page",
        "organisations:change_member",
        "organisations:remove_member",
        "organisations:withdraw_invitation",
        "groupings:act",
        "groupings:change_state",
        "groupings:sign",
        "groupings:leave",
        "labels:reply",
        "labels:misuse",
        "labels:signature",
    }
)
