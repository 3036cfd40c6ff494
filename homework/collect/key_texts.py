"""What looks like a key in a text, whoever's it is.

detect-secrets and others find more kinds, by the entropy of a line: too often hashes and figures, which evidence is
full of.
"""

import re

KEY = '[a key]'

# By themselves: keys of OpenAI, Hugging Face, GitHub, GitLab, Slack, Google, AWS, ModelScope and others, a JSON Web
# Token, what follows `Bearer`.
_ALONE = re.compile(
    r'\b(?:sk|gsk|hf|gh[a-z]|github_pat|ms|glpat|xox[a-z]|nvapi|pypi|xai|r8)[-_][A-Za-z0-9_-]{12,}'
    r'|\bsk-(?=[A-Za-z_-]{0,40}[0-9])[A-Za-z0-9_-]{6,}|\bAIza[A-Za-z0-9_-]{30,}|\bA(?:KI|SI)A[A-Z0-9]{12,}'
    r'|\beyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?'
    r'|(?<=Bearer )[A-Za-z0-9._~+/=-]{8,}'
    r'|-----BEGIN [A-Z ]*PRIVATE KEY-----(?:.{0,8000}?-----END [A-Z ]*PRIVATE KEY-----)?',
    re.S,
)
# By what stands before them: a header, an address, an option, a variable of the shell, a setting in quotes.
_NAMED = tuple(
    re.compile(before + key)
    for before, key in (
        (r'(?i)(\bbearer(?:\s{1,8}|%20|\+|:\s{0,8}))', r'(?=[^\s"\']{0,200}[0-9])[a-z0-9._~+/=-]{8,}'),
        (r'(?i)(\b(?:authorization:\s{0,8}(?:basic|bearer|token)|(?:x-)?api-key:)\s{1,8})', r'[a-z0-9._~+/=-]{6,}'),
        (
            r'(?i)((?:[?&#;]|%3F|%26)[\w.-]{0,40}(?:token|key|secret|password|passwd|signature|sig|auth)(?:=|%3D))',
            r'[^\s&#"\'<>\[\]\\{$]+',
        ),
        (r'(--(?:api-keys?|api-token|token|password)(?:\s{1,8}|=)["\']?)', r'[A-Za-z0-9][^\s"\'\\]{5,}'),
        (r'(\b(?:[A-Z][A-Z0-9_]{0,40}_)?(?:KEY|TOKEN|SECRET|PASSWORD)=["\']?)', r'[A-Za-z0-9][^\s"\'\\&;]{5,}'),
        (
            r'(?i)(\b[\w-]{0,40}(?:api[_-]?keys?|access[_-]?key|token|secret|password|passwd)\\{0,8}["\']?\s{0,8}[:=]\s{0,8}\\{0,8}["\'])',
            r'(?=[^"\']{0,200}[0-9])[a-z0-9._~+/=-]{8,}(?=\\{0,8}["\'])',
        ),
    )
)
_LOGIN_IN_URL = re.compile(r'(?<=://)[^\s/:@?#]+(?::[^\s/@]*)?@')


def clean_keys(text: str) -> str:
    """`text` without keys, and without names and passwords in addresses."""
    text = _ALONE.sub(KEY, _LOGIN_IN_URL.sub('', text))
    for named in _NAMED:
        text = named.sub(rf'\1{KEY}', text)
    return text


def has_key(text: str) -> bool:
    return any(pattern.search(text) for pattern in (_ALONE, *_NAMED))
