from synth_builder.studies.report.plain_text import file_stem, plain


def test_a_text_stays_on_its_line_and_moves_nothing() -> None:
    assert plain("a\n b\t c") == "a b c"
    assert plain("\x1b[31m\u202eabc") == "\\x1b[31m\\u202eabc"
    assert plain("नमस्ते\u200d ±é") == "नमस्ते\u200d ±é"


def test_no_name_leaves_the_folder() -> None:
    assert file_stem("../../etc", "a b") == "etc_a_b"
    assert file_stem("minilm probe, imp") == "minilm_probe_imp"
    assert file_stem("///") == "_"
