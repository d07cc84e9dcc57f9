"""Codes gathered into a few classes: what trees tell apart and dependence is measured on. Leaves keep all codes."""

import numpy as np
import numpy.typing as npt


def coarse(counts: npt.NDArray[np.intp], *, ordered: bool, most: int) -> npt.NDArray[np.intp]:
    """The class (0 ..) of each code, about equally heavy, at most `most` of them.

    Ordered codes are gathered with their neighbours, others with the rare ones;
    code 0 (NULL) and heavy codes stay alone.
    """
    present = np.flatnonzero(counts)
    if len(present) <= most:
        classes = np.zeros(len(counts), np.intp)
        classes[present] = np.arange(len(present))
        return classes
    if not ordered:
        heaviest = np.argsort(-counts, kind="stable")[: most - 1]
        classes = np.full(len(counts), most - 1, np.intp)
        classes[np.sort(heaviest)] = np.arange(most - 1)
        return classes
    share = counts.sum() / most
    classes, current, held = np.zeros(len(counts), np.intp), 0, 0.0
    for code, count in enumerate(counts.tolist()):
        alone = count >= share or (code == 0 and count > 0)
        if held and (alone or held + count / 2 > share):
            current, held = current + 1, 0.0
        classes[code] = current
        held += count
        if alone:
            current, held = current + 1, 0.0
    _, classes = np.unique(classes, return_inverse=True)
    return classes
