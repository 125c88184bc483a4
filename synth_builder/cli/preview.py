import argparse

from synth_builder.cli.recipe_arguments import add_recipe_arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `synth-builder preview`."""
    add_recipe_arguments(parser)
    parser.add_argument("-n", type=int, default=3, metavar="N", help="requests to show of each variant (default: 3)")


def run(arguments: argparse.Namespace) -> int:
    """Print prompts and estimates."""
    from synth_builder.recipes.recipe import Recipe
    from synth_builder.verbs.preview import preview

    recipe = Recipe.load(arguments.recipe, arguments.set)
    for name in arguments.variant or [None]:
        for found in preview(recipe, name, arguments.n):
            print(f"=== {found.name} ===")
            for request in found.first[:1]:
                print(f"--- before the first row ({len(found.first)} requests)")
                _print_request(request)
            for (slot, request), reply in zip(found.rows, found.replies, strict=True):
                print(
                    f"--- {slot.split} row {slot.index}, label {slot.label or '(the model chooses)'}, seed "
                    f"{request.seed}"
                )
                if reply is None:
                    _print_request(request)
                else:
                    print(f"[no model is asked]\n{reply}")
            print(
                f"--- at least {found.requests} requests, about {found.prompt_tokens} tokens of prompts (4 "
                "characters a token), "
                f"at most {found.completion_tokens} tokens of replies; rejected replies are asked for again\n"
            )
    return 0


def _print_request(request: "object") -> None:
    from synth_builder.engines.base import Request

    assert isinstance(request, Request)
    if request.prompt is not None:
        print(f"[to be continued]\n{request.prompt}")
    for message in request.messages:
        print(f"[{message.role}]\n{message.content}")
