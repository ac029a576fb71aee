"""Keeping passwords out of what is shown."""

import re
from pathlib import Path

# Names are matched as words: the token of API_TOKEN, apiToken and ACCESSTOKEN is one, and that of TOKENIZERS is none.
_LONG = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "token",
    "secret",
    "credential",
    "api_?key",
    "private_?key",
]
_SHORT = ("pass", "pw")


def _spelled(words: list[str] | tuple[str, ...]) -> str:
    """Return the pattern of words in a name: in small letters or with a capital, where a capital begins another."""
    small = "|".join(f"[{word[0]}{word[0].upper()}]{word[1:]}" for word in words)
    for part in ("key", "word", "phrase"):
        # Two words for some: apiKey, passWord.
        small = re.sub(rf"(?<=\w|\?){part}\b", f"[{part[0]}{part[0].upper()}]{part[1:]}", small)
    return rf"(?:{small})s?(?![a-z])|(?:{'|'.join(words).upper()})S?(?![A-Za-z])"


_WORDS = rf"(?:{_spelled(_LONG)}|(?<![A-Za-z])(?:{_spelled(_SHORT)})|(?<=[a-z])(?:Pass|Pw)(?![a-z]))"
_SECRET_KEY = re.compile(_WORDS)
#: What shells keep the folder in.
_FOLDERS = {"PWD", "OLDPWD"}
# As SQLAlchemy reads a url the password ends at the first "@"; one that was not encoded may hold more of them, so
# whatever precedes the last is hidden too. A port is not a password.
_URL_PASSWORD = re.compile(r"(://[^:/@\s]*:)(?!\d{1,5}(?:[/?][^\s@]*)?(?:[\s\"',;)]|$))[^@\n]*@(?:\S*@)?")
# In a url's query a value ends at the next "&" alone.
_QUERY_SECRET = re.compile(rf"([?&][\w.-]*{_WORDS}[\w.-]*=)[^&\s]+")
_NAMED_SECRET = re.compile(
    rf"((?<!\w)(?!OLDPWD\b)\w*{_WORDS}\w*\s*(?:=|%3D)\s*)('[^']*'|\"[^\"]*\"|(?:(?!%3B)[^\s&;,'\")])+)"
)

#: Values that are shorter stand in texts by chance.
_SHORTEST = 6
#: A word of a language is hardly longer.
_LONGEST_WORD = 12


def mask_url(text: str) -> str:
    """Return `text` with the password of every url in it, and every `password=`, replaced by three stars."""
    without = _QUERY_SECRET.sub(r"\1***", _URL_PASSWORD.sub(r"\1***@", text))
    return _NAMED_SECRET.sub(r"\1***", without)


def is_secret(name: str) -> bool:
    """Whether something with this name is a password, a token, a key."""
    return name not in _FOLDERS and _SECRET_KEY.search(name) is not None


def is_secret_value(value: str) -> bool:
    """Whether what a secret's name stands for can be looked for in texts: it is no path, no number and no mere word."""
    is_word = value.isalpha() and value in (value.lower(), value.upper(), value.title())
    return (
        len(value) >= _SHORTEST
        and not (is_word and len(value) <= _LONGEST_WORD)
        and not _is_number(value)
        and not _is_path(value)
    )


def mask_option(key: str, value: str) -> str:
    """Return the value of an option as it may be shown."""
    if value and is_secret(key):
        return "***"
    if key.endswith("url") and "://" not in value:
        # Not a url yet, but the password may be in its place already.
        value = re.sub(r":[^@]*@(?:\S*@)?", ":***@", value)
    return mask_url(value)


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _is_path(value: str) -> bool:
    """Whether it is the path of a file, or of one beside others: a password may begin with a slash."""
    try:
        path = Path(value)
        return path.is_absolute() and (path.exists() or (len(path.parts) > 2 and path.parent.is_dir()))
    except (OSError, ValueError):
        return False
