"""Who sent a mail: SPF, DKIM, DMARC and ARC, with the look-ups that they take."""
