"""Pages of applications: public, the holder's, the staff's."""
