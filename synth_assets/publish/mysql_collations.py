"""Collations of MariaDB that MySQL has not got, and the other way round: what stands for them in the target.

| | in the target |
|---|---|
| MySQL's default, utf8mb4_0900_ai_ci | MariaDB: utf8mb4_unicode_520_nopad_ci, the same rules of an earlier Unicode |
| MariaDB's uca1400_ai_ci, with or without a character set | MySQL: utf8mb4_0900_ai_ci |
| all others | every character is compared: what a unique key told apart in the source it tells apart there, too |
"""

import re

_UNKNOWN = {"mariadb": re.compile(r"_0900_|_tolower_ci$"), "mysql": re.compile(r"_nopad_|uca1400_")}
_ALIKE = {
    "mariadb": {"utf8mb4_0900_ai_ci": "utf8mb4_unicode_520_nopad_ci"},
    "mysql": dict.fromkeys(
        (
            "uca1400_ai_ci",
            "uca1400_nopad_ai_ci",
            "utf8mb4_uca1400_ai_ci",
            "utf8mb4_uca1400_nopad_ai_ci",
            "utf8mb4_unicode_520_nopad_ci",
        ),
        "utf8mb4_0900_ai_ci",
    ),
}
EXACT = {"mariadb": "utf8mb4_nopad_bin", "mysql": "utf8mb4_0900_bin"}


def target_collation(name: str, *, target: str) -> str:
    """The collation in a target of the dialect `target`, mariadb or mysql; most bear the same name in both."""
    if not _UNKNOWN[target].search(name):
        return name
    charset = name.partition("_")[0]
    # MySQL has others than utf8mb4 with the spaces at the end left aside only.
    exact = EXACT[target] if charset in ("utf8mb4", "uca1400") else f"{charset}_bin"
    return _ALIKE[target].get(name, exact)
