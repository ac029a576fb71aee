"""Keeping passwords out of what is shown."""

import re

_SECRET_KEY = re.compile(r"password|passwd|pwd|token|secret", re.IGNORECASE)
# As SQLAlchemy reads a url the password ends at the first "@"; one that was not encoded may hold more of them, so
# whatever precedes the last is hidden too. A port is not a password.
_URL_PASSWORD = re.compile(r"(://[^:/@\s]*:)(?!\d{1,5}(?:[/?][^\s@]*)?(?:[\s\"',;)]|$))[^@\n]*@(?:\S*@)?")
_NAMED_SECRET = re.compile(
    r"(\w*(?:password|passwd|pwd|token|secret)\w*\s*(?:=|%3D)\s*)('[^']*'|\"[^\"]*\"|(?:(?!%3B)[^\s&;,'\")])+)",
    re.IGNORECASE,
)


def mask_url(text: str) -> str:
    """Return `text` with the password of every url in it, and every `password=`, replaced by three stars."""
    return _NAMED_SECRET.sub(r"\1***", _URL_PASSWORD.sub(r"\1***@", text))


def mask_option(key: str, value: str) -> str:
    """Return the value of an option as it may be shown."""
    if value and _SECRET_KEY.search(key):
        return "***"
    if key.endswith("url") and "://" not in value:
        # Not a url yet, but the password may be in its place already.
        value = re.sub(r":[^@]*@(?:\S*@)?", ":***@", value)
    return mask_url(value)
