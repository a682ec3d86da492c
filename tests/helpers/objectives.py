"""The objective of two pictures, for tests that evaluate it at images of their own."""

from nst_tf.objective import term_weights
from nst_tf.recipe import Pictures, make_recipe, measure


def targets_of(network, *pictures, config, **alphas):
    """What there is to match of two pictures."""
    return measure(make_recipe(network, config), Pictures(*pictures, **alphas))


def terms_of(network, *pictures, config, **alphas):
    """A function from an image to the terms of the loss."""
    recipe = make_recipe(network, config)
    goal = targets_of(network, *pictures, config=config, **alphas), term_weights(config)
    return lambda image: recipe.objective(image, *goal)
