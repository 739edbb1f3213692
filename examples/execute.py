"""Execute a notebook as nbclient does and store the result: execute.py IN.ipynb OUT.ipynb

A cell that fails stops it with the cell's own error. The versions that `!pip install` gets come from
your index; without a network pip says so, and the notebook goes on with what is installed.
"""

import pathlib
import sys

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

source, target = map(pathlib.Path, sys.argv[1:])
notebook = nbformat.read(source, as_version=4)
client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(source.parent)}})
try:
    client.execute()
except CellExecutionError as error:
    sys.exit(f"{source}: a cell failed\n{error}")
finally:
    nbformat.write(notebook, target)
