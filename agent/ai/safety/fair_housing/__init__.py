"""FH1 to FH8: tables of what is refused, one file a rule or two, and the check that reads them."""
