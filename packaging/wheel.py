"""Finishes a wheel that maturin made: the same bytes wherever it was built.

    wheel.py BUILT.whl BINARY CHECKOUT WHEEL.whl BILL.cdx.json

Takes the checkout's path out of the bill of materials, writes wheel and bill, and fails where the
wheel holds another binary than BINARY.
"""

import base64
import hashlib
import sys
import zipfile


def record(name, content):
    """Returns a file's line in RECORD, as the wheel format has it."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(content)}\n"


def finish(built, binary, checkout, wheel, bill):
    with zipfile.ZipFile(built) as archive:
        members = [(info, archive.read(info)) for info in archive.infolist()]
    (script,) = [content for info, content in members if info.filename.endswith("/scripts/to")]
    with open(binary, "rb") as file:
        if file.read() != script:
            sys.exit(f"wheel: {built} holds another binary than {binary}")
    lines = ""
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for info, content in members:
            if info.filename.endswith(".cyclonedx.json"):
                content = content.replace(f"path+file://{checkout}#".encode(), b"path+file:///to#")
                with open(bill, "wb") as file:
                    file.write(content)
            if info.filename.endswith("/RECORD"):
                content = f"{lines}{info.filename},,\n".encode()
            lines += record(info.filename, content)
            archive.writestr(info, content)


if __name__ == "__main__":
    finish(*sys.argv[1:])
