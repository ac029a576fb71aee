"""What the verbs return: values, as text, as HTML and as DataFrames."""
