"""Long matrix products in parts, where the processor multiplies small matrices faster than large ones."""

from functools import cache

from threadpoolctl import threadpool_info

SMALL_PRODUCT = 1_000_000  # multiplications: up to here OpenBLAS multiplies at once, without packing matrices first
THIN = 8192  # multiplications of a step along the long side; beyond, an AMD EPYC packs faster than it goes without
SMALLEST_BLOCK = 16  # and a multiple of it, as the processor multiplies 16 at a time
UNPACKED = {"skylakex", "cooperlake", "sapphirerapids"}  # what OpenBLAS calls the processors on which it does that


@cache
def has_small_products() -> bool:
    """Whether the BLAS here multiplies small matrices without packing them: OpenBLAS does with AVX-512. Elsewhere a
    product in small parts takes 1.1 to 1.3 times as long as in one."""
    return any(str(library.get("architecture")).lower() in UNPACKED for library in threadpool_info())


def blocks(length: int, work: int) -> list[slice]:
    """A product's long side in parts that make small products, where ``work`` is what one step along it takes; in one
    part if these would be too short to pay, or if small products do not pay on this processor."""
    size = SMALL_PRODUCT // max(1, work) // SMALLEST_BLOCK * SMALLEST_BLOCK
    if not (0 < size < length and work <= THIN and has_small_products()):
        return [slice(0, length)]
    return [slice(start, min(start + size, length)) for start in range(0, length, size)]
