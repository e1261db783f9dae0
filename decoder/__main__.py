"""`python -I decoder`: isolated, with nothing on its path but this and the libraries."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from decoder.run import main

main(sys.argv[1:])
