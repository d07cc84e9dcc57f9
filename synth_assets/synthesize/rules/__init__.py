"""Everything in a table that is not learned from a distribution: keys, texts, fakes, pseudonyms, masks, constants."""
