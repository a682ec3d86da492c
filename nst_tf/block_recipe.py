"""The recipe of a size that is painted block by block."""

from nst_tf.block_functions import BlockFunctions
from nst_tf.block_gradients import BlockGradients
from nst_tf.optimizers.block_loop import BlockLoop, with_arrays
from nst_tf.optimizers.interface import Optimizer
from nst_tf.recipe import Recipe


def block_recipe(functions: BlockFunctions, optimizer: Optimizer, side: int) -> Recipe:
    """Return a recipe that takes the place of the whole picture's.

    Args:
        functions: Those of one block.
        optimizer: The method of descent.
        side: Longest side of a block, in pixels.
    """
    blocks = BlockGradients(functions, side)
    return Recipe(
        measure_content=blocks.measure_content,
        measure_style=blocks.measure_style,
        objective=blocks.objective,
        optimizer=with_arrays(optimizer),
        descend=BlockLoop(blocks.evaluate, optimizer),
    )
