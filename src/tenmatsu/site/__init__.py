"""The site as a whole: what is drawn of it, and what is proposed to its owner. Pure: it opens nothing."""
