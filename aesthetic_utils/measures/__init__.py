"""Measures of single pictures, and the table of them for a folder.

Nothing is loaded before it is asked for, so that importing the package costs nothing.
"""

from aesthetic_utils.lazy import attach

_HOMES = {
    "colour": (
        "channel_statistics", "circular_mean_std", "color_entropy", "colourfulness",
        "contrast_range", "hue_count", "luminance_entropy", "rms_contrast",
    ),
    "complexity": (
        "PolygonOrder", "birkhoff_polygon", "information_measures", "jpeg_bytes_per_pixel",
        "png_bytes_per_pixel",
    ),
    "composition": (
        "balance", "dcm", "homogeneity", "mirror_symmetry", "normalised_mirror_symmetry",
        "rule_of_thirds", "thirds_map",
    ),
    "edges": ("edge_statistics",),
    "fractal": ("fractal_2d", "fractal_3d"),
    "gradients": ("phog",),
    "columns": ("MEASURES", "Measure", "measure"),
    "planes": ("Planes", "as_planes"),
    "spectrum": (
        "fourier_redies", "fourier_slope_mather", "fourier_slope_spehar", "radial_spectrum",
        "spectral_noise",
    ),
    "preparation": ("Preparation",),
    "table": (
        "BadFile", "MeasuredFolder", "image_files", "measure_folder", "write_description",
        "write_table",
    ),
}  # fmt: skip
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__getattr__, __all__ = attach(__name__, _HOME)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
