from synth_builder.studies.report.file_stem import file_stem


def test_no_name_leaves_the_folder() -> None:
    assert file_stem("../../etc", "a b") == "etc_a_b"
    assert file_stem("minilm probe, imp") == "minilm_probe_imp"
    assert file_stem("///") == "_"
