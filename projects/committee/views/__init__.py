"""Pages of the committee: the public's, the members' and the staff's."""
