"""Images as content: lazy references, decoding to 8-bit RGB, and a bounded pool that decodes ahead of a model."""

from mmeval.data.images.ahead import ahead
from mmeval.data.images.decode import ImageError, Picture, decode, image_size, pixel_hash
from mmeval.data.images.kept import Kept
from mmeval.data.images.reference import as_image, image_bytes

__all__ = ["ImageError", "Kept", "Picture", "ahead", "as_image", "decode", "image_bytes", "image_size", "pixel_hash"]
