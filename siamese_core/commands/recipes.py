"""`earwitness recipes`: the bundled recipes with their parameters."""

import argparse

from siamese_core.commands.methods import columns
from siamese_core.commands.terminal import Terminal
from siamese_core.recipes import load_recipe, recipe_names


def run(options: argparse.Namespace, terminal: Terminal) -> None:
    """List the recipes, or print those that are named as files; no torch is needed."""
    recipes = {name: load_recipe(name) for name in options.names or recipe_names()}
    terminal.record({name: recipe.model_dump(mode="json") for name, recipe in recipes.items()})
    if not options.names:
        rows = {name: recipe.document for name, recipe in recipes.items()}
        terminal.say("\n".join(columns(rows)))
    for name in options.names:
        terminal.say(f"# {name}\n# {recipes[name].document}\n{recipes[name].to_toml()}")
