"""What a fund is: its acts, who signed, conventions, governing bodies, capital, regional scheme (issue 4, §3.1)."""
