"""A keyed permutation of the whole numbers below any bound: what makes pseudonyms that never collide."""

import hashlib
import math

_ROUNDS = 10


class Permutation:
    """Maps 0 .. size-1 onto itself, without the key like any other permutation.

    A Feistel network over pairs of numbers (Black and Rogaway, Ciphers with Arbitrary Finite Domains, CT-RSA 2002):
    ten rounds of keyed BLAKE2b on a square of at least `size` numbers, walked until the result is below `size`.

    Args:
        tweak: Permutations of different tweaks have nothing to do with each other.
    """

    def __init__(self, size: int, *, key: bytes, tweak: str) -> None:
        self._size = size
        self._side = math.isqrt(max(size - 1, 0)) + 1
        self._width = (self._side.bit_length() + 7) // 8 + 1
        seed = hashlib.blake2b(f"{size}\x1f{tweak}".encode(), key=key, digest_size=32).digest()
        self._keys = [hashlib.blake2b(bytes([place]), key=seed, digest_size=32).digest() for place in range(_ROUNDS)]

    def __call__(self, number: int) -> int:
        number = self._once(number)
        while number >= self._size:
            number = self._once(number)
        return number

    def _once(self, number: int) -> int:
        left, right = divmod(number, self._side)
        for key in self._keys:
            digest = hashlib.blake2b(right.to_bytes(self._width, "big"), key=key, digest_size=self._width + 8).digest()
            left, right = right, (left + int.from_bytes(digest, "big")) % self._side
        return left * self._side + right
