# /// script
# requires-python = ">=3.11"
# dependencies = ["a<3"]
# [tool.uv.sources]
# a = {index = "g"}
# ///
