"""The article's listings, headings and terms, and how the tests read the pages that quote them."""
