import argparse
import threading

from synth_builder.cli.terminal_text import escape_what_the_terminal_lacks, visible
from synth_builder.errors import StudyError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `synth-builder leaderboard`."""
    parser.add_argument(
        "source",
        metavar="DIR_OR_REPO",
        help="folder with results of studies, a results.json, or owner/name[@revision] of a dataset on the Hub",
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen at; 0.0.0.0 shows it to others (default: %(default)s)"
    )
    parser.add_argument("--port", type=_port, metavar="N", help="port to listen at (default: 7860, or the next free)")
    parser.add_argument("--no-browser", action="store_true", help="do not open the page in a browser")


def run(arguments: argparse.Namespace) -> int:
    """
    Read the results and show them until the user stops it.

    Args:
        arguments (`argparse.Namespace`):
            What `add_arguments` declared.

    Returns:
        `int`: Exit code, 0.

    Raises:
        SynthBuilderError: There are no results at that place, or nothing can listen there.
    """
    from synth_builder.extras import require
    from synth_builder.studies.leaderboard.app import EXTRA, launch_settings, leaderboard_app
    from synth_builder.studies.leaderboard.board.board import read_board

    escape_what_the_terminal_lacks()
    require("gradio", extra=EXTRA)  # before anything is read
    board = read_board(arguments.source)
    app = leaderboard_app(board)
    try:
        _, url, _ = app.launch(
            server_name=arguments.host,
            server_port=arguments.port,
            inbrowser=not arguments.no_browser,
            prevent_thread_lock=True,
            share=False,
            quiet=True,
            **launch_settings(),
        )
    except OSError as error:
        where = f"{arguments.host}:{arguments.port}" if arguments.port else f"a port of {arguments.host}"
        raise StudyError(
            f"Nothing can listen at {where}: is the port in use? Name another one with --port."
        ) from error
    print(f"{len(board.entries):,} results of {len(board.studies):,} studies at {url}", flush=True)
    for notice in board.notices:
        print(f"Note: {visible(notice)}", flush=True)
    print("Ctrl-C stops it.", flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        print()
    finally:
        app.close(verbose=False)
    return 0


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65_535):
        raise argparse.ArgumentTypeError(f"{text!r} is no port; expected 1 to 65535")
    return int(text)
