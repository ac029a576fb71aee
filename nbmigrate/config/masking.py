"""Keeping passwords out of what is shown."""

import re

# "pass" and "pw" are words of their own in db_pass and SHOP_PW, and none in bypass.
_WORDS = (
    r"(?:password|passwd|passphrase|pwd|token|secret|credential|api_?key|private_?key"
    r"|(?<![a-z])(?:pass|pw)(?![a-z]))"
)
_SECRET_KEY = re.compile(_WORDS, re.IGNORECASE)
# As SQLAlchemy reads a url the password ends at the first "@"; one that was not encoded may hold more of them, so
# whatever precedes the last is hidden too. A port is not a password.
_URL_PASSWORD = re.compile(r"(://[^:/@\s]*:)(?!\d{1,5}(?:[/?][^\s@]*)?(?:[\s\"',;)]|$))[^@\n]*@(?:\S*@)?")
# In a url's query a value ends at the next "&" alone.
_QUERY_SECRET = re.compile(rf"([?&][\w.-]*{_WORDS}[\w.-]*=)[^&\s]+", re.IGNORECASE)
_NAMED_SECRET = re.compile(
    rf"(\w*{_WORDS}\w*\s*(?:=|%3D)\s*)('[^']*'|\"[^\"]*\"|(?:(?!%3B)[^\s&;,'\")])+)",
    re.IGNORECASE,
)


def mask_url(text: str) -> str:
    """Return `text` with the password of every url in it, and every `password=`, replaced by three stars."""
    without = _QUERY_SECRET.sub(r"\1***", _URL_PASSWORD.sub(r"\1***@", text))
    return _NAMED_SECRET.sub(r"\1***", without)


def is_secret(name: str) -> bool:
    """Whether something with this name is a password, a token, a key."""
    return _SECRET_KEY.search(name) is not None


def mask_option(key: str, value: str) -> str:
    """Return the value of an option as it may be shown."""
    if value and is_secret(key):
        return "***"
    if key.endswith("url") and "://" not in value:
        # Not a url yet, but the password may be in its place already.
        value = re.sub(r":[^@]*@(?:\S*@)?", ":***@", value)
    return mask_url(value)
