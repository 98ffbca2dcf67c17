"""A worker of the suite loads what another one has compiled, instead of compiling it again.

Each worker writes to a directory of its own, because numba updates an index without a lock. To
read elsewhere is safe: an index is replaced as a whole, and where the code that it names is not
written yet, numba finds nothing and compiles.
"""

import copy
import os
from pathlib import Path


def read_from_siblings(own: Path) -> None:
    """Look into the directories beside ``own`` before anything is compiled; what is found there is
    entered in ``own`` too, where child processes find it."""
    from numba.core.caching import IndexDataCacheFile

    load = IndexDataCacheFile.load

    def load_anywhere(self, key):
        found = load(self, key)
        kernels = Path(self._cache_path)
        if found is not None or not kernels.is_relative_to(own):
            return found
        for folder in own.parent.iterdir():
            if folder != own:
                there = copy.copy(self)
                there._cache_path = str(folder / kernels.relative_to(own))
                there._index_path = os.path.join(there._cache_path, self._index_name)
                found = load(there, key)
                if found is not None:
                    kernels.mkdir(parents=True, exist_ok=True)
                    self.save(key, found)
                    return found
        return None

    IndexDataCacheFile.load = load_anywhere
