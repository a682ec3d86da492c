"""The objective of two pictures, for tests that evaluate it at images of their own."""

from nst_tf.images.picture import Picture
from nst_tf.objective import term_weights
from nst_tf.pictures import Pictures
from nst_tf.recipe import make_recipe, measure


def targets_of(network, content, style, *, config, content_alpha=None, style_alpha=None):
    """What there is to match of two pictures."""
    pictures = Pictures(Picture(content, content_alpha), (Picture(style, style_alpha),))
    return measure(make_recipe(network, config), pictures)


def terms_of(network, *pictures, config, **alphas):
    """A function from an image to the terms of the loss."""
    recipe = make_recipe(network, config)
    goal = targets_of(network, *pictures, config=config, **alphas), term_weights(config)
    return lambda image: recipe.objective(image, *goal)
