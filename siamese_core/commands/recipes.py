"""`earwitness recipes`: the bundled recipes with their parameters."""

import argparse

from siamese_core.commands.terminal import Terminal
from siamese_core.recipes import load_recipe, recipe_names


def run(_options: argparse.Namespace, terminal: Terminal) -> None:
    """List the recipes; no torch is needed."""
    recipes = {name: load_recipe(name) for name in recipe_names()}
    terminal.record({name: recipe.model_dump(mode="json") for name, recipe in recipes.items()})
    for name, recipe in recipes.items():
        terminal.say(f"# {name}\n# {recipe.document}\n{recipe.to_toml()}")
