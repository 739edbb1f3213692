"""Exit 0 when every requirement given (NAME or NAME==X.Y.*) is installed in this Python."""

import re
import sys
from importlib.metadata import PackageNotFoundError, version

for requirement in sys.argv[1:]:
    name, _, wanted = requirement.partition("==")
    try:
        found = version(name)
    except PackageNotFoundError:
        sys.exit(1)
    if wanted and not re.match(re.escape(wanted).replace(r"\*", ".*") + "$", found):
        sys.exit(1)
