"""Money, exactly: amounts in a currency's own digits, codes with their days, what an estimate must hold. Pure."""
