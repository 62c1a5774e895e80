"""``python -m napari_discembed`` is ``discembed``."""

import sys

from napari_discembed.cli import main

sys.exit(main())
