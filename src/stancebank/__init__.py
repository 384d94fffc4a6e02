"""From news articles to a dataset of who takes which stance towards what, on which conditions."""
