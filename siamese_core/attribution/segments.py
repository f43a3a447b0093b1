"""Segments: how a log-mel is cut, for the methods that keep or hide parts of it."""

import numpy as np
from numpy.typing import NDArray
from skimage.filters import gaussian, sobel
from skimage.segmentation import felzenszwalb, quickshift, slic, watershed

from siamese_core.attribution.attribution import Attribution, Subject
from siamese_core.attribution.parameters import SegmentParameters

Segments = NDArray[np.int64]

_ONE = "The clip is one segment, so the map tells nothing of where; make segments smaller."


def segment(subject: Subject, parameters: SegmentParameters) -> Segments:
    """Cut a log-mel into segments.

    Only the clip's own frames are looked at. A frame of the zeros around it belongs to the segment
    beside it at the clip's edge, since the analysis window smears the clip's sound into it.

    Returns
    -------
    ndarray of int, shape (n_mels, n_frames)
        Labels 0 to n - 1, all of which exist.
    """
    db = subject.log_mel.cpu().numpy()
    columns = range(db.shape[1])[subject.own]
    own = db[:, subject.own].astype(np.float64)
    # the algorithms' settings are meant for a picture in [0, 1]
    picture = (own - own.min()) / max(np.ptp(own), 1e-9)
    _, labels = np.unique(_labels(picture, parameters), return_inverse=True)
    sides = (columns[0], db.shape[1] - 1 - columns[-1])
    return np.pad(labels.reshape(own.shape), ((0, 0), sides), mode="edge").astype(np.int64)


def segment_count(segments: Segments) -> int:
    """Return how many segments there are."""
    return int(segments.max()) + 1


def spread(
    subject: Subject,
    parameters: SegmentParameters,
    segments: Segments,
    contributions: NDArray[np.floating],
    by_area: bool = False,
) -> Attribution:
    """Give each cell its segment's contribution (segments,), by area where that is asked for."""
    if by_area or parameters.weight == "area":
        areas = np.bincount(segments[:, subject.own].ravel(), minlength=len(contributions))
        contributions = contributions / areas
    note = _ONE if len(contributions) == 1 and contributions.any() else None
    return Attribution(contributions[segments].astype(np.float32), segments, note=note)


def _labels(picture: NDArray[np.float64], parameters: SegmentParameters) -> Segments:
    rows, columns = np.indices(picture.shape)
    row = np.floor_divide(rows, parameters.tile_mels)
    column = np.floor_divide(columns, parameters.tile_frames)
    labels: Segments
    match parameters.segmentation:
        case "felzenszwalb":
            labels = felzenszwalb(picture, parameters.scale, parameters.sigma, parameters.min_size)
        case "slic":
            labels = slic(
                picture,
                parameters.n_segments,
                parameters.compactness,
                sigma=parameters.slic_sigma,
                start_label=0,
                channel_axis=None,
            )
        case "quickshift":
            labels = _quickshift(picture, parameters)
        case "watershed":
            edges = sobel(gaussian(picture, parameters.sigma))
            labels = watershed(edges, parameters.n_segments)
        case "tiles":
            labels = row * (1 + column.max()) + column
        case "mel-bands":
            labels = row
        case "time-slices":
            labels = column
    return labels


def _quickshift(picture: NDArray[np.float64], parameters: SegmentParameters) -> Segments:
    # it weighs a colour's lightness, 0 to 100, against distance in cells
    colours = np.repeat(100 * picture[:, :, np.newaxis], 3, axis=2)
    labels: Segments = quickshift(
        colours,
        kernel_size=parameters.kernel_size,
        max_dist=parameters.max_distance,
        convert2lab=False,
    )
    return labels
