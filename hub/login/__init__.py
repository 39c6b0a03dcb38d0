"""Who somebody is: a way to log in for each kind of identity."""
