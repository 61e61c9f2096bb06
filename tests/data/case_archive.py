"""A zip of recorded cases whose bytes depend only on what was put in: sorted names, one fixed time stamp."""

import io
import json
import zipfile

import numpy as np


def npy_bytes(array):
    """The array as a C-ordered .npy file (version 1.0)."""
    stream = io.BytesIO()
    # np.ascontiguousarray would turn rank 0 into rank 1.
    np.lib.format.write_array(stream, np.array(array, order="C"), version=(1, 0), allow_pickle=False)
    return stream.getvalue()


class CaseArchive:
    """Collects the files and the case list, and writes them at the end, so that a failing script leaves no half zip."""

    def __init__(self):
        self.files = {}
        self.cases = []
        self._names = set()
        self._tensors = {}

    def add_case(self, case):
        if case["name"] in self._names:
            raise ValueError(f"case {case['name']} was recorded twice")
        self._names.add(case["name"])
        self.cases.append(case)

    def add_file(self, name, data):
        if name in self.files:
            raise ValueError(f"file {name} was written twice")
        self.files[name] = data

    def add_tensor(self, array, kind=""):
        """Stores an array once, however many cases use it, and returns its file name, which ends in the kind."""
        data = npy_bytes(array)
        if (data, kind) not in self._tensors:
            name = f"t{len(self._tensors)}{kind}.npy"
            self._tensors[data, kind] = name
            self.add_file(name, data)
        return self._tensors[data, kind]

    def write(self, path, packed=False):
        """packed: all files are one, tensors.bin, with their names and sizes in tensors.json: small where they are."""
        lines = ",\n".join(json.dumps(case, separators=(",", ":"), allow_nan=False) for case in self.cases)
        files = dict(self.files)
        if packed:
            sizes = json.dumps([[name, len(data)] for name, data in files.items()], separators=(",", ":"))
            files = {"tensors.bin": b"".join(files.values()), "tensors.json": sizes.encode()}
        files["cases.json"] = f"[\n{lines}\n]\n".encode()
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for name in sorted(files):
                entry = zipfile.ZipInfo(name, date_time=(2024, 1, 1, 0, 0, 0))
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, files[name])
