import inspect

from synth_builder import errors
from synth_builder.errors import EngineOverloadedError, SynthBuilderError

CLASSES = {name: one for name, one in vars(errors).items() if inspect.isclass(one)}


def test_each_error_belongs_to_the_one_tree_and_has_its_line_in_it() -> None:
    assert len(CLASSES) > 10
    for name, one in CLASSES.items():
        assert issubclass(one, SynthBuilderError)
        assert f" {name} " in f" {errors.__doc__} ".replace("\n", " ")


def test_the_drawn_tree_is_the_real_one() -> None:
    parents: dict[int, str] = {}
    drawn: dict[str, str] = {}
    for line in (errors.__doc__ or "").splitlines():
        name = line.lstrip("│├└─ ").split(" ")[0]
        if name in CLASSES:
            depth = (len(line) - len(line.lstrip("│├└─ "))) // 4
            parents[depth] = name
            if depth:
                drawn[name] = parents[depth - 1]
    bases = {name: one.__bases__[0].__name__ for name, one in CLASSES.items() if one is not SynthBuilderError}
    assert drawn == bases


def test_an_overloaded_engine_says_how_long_to_wait_where_it_knows() -> None:
    assert EngineOverloadedError("busy", 2.5).retry_after == 2.5
    assert EngineOverloadedError("busy").retry_after is None
    assert str(EngineOverloadedError("busy")) == "busy"
