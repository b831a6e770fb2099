from txn_kedro.results import Committed, Loaded, LoadReport, Volume, listening, tell

ONE = Committed("orders", "1", 1, Volume(1, 2, 3), 0.5)
OTHER = Committed("orders", "2", 1, Volume(1, 2, 3), 0.5)


def test_whoever_listens_hears_what_is_told_meanwhile():
    tell(OTHER)
    with listening() as heard:
        tell(ONE)
        tell(OTHER)
    tell(ONE)
    assert heard == [ONE, OTHER]


def test_several_may_listen_and_one_that_ends_does_not_end_the_other():
    with listening() as outer:
        with listening() as inner:
            tell(ONE)
        tell(OTHER)
    assert (outer, inner) == ([ONE, OTHER], [ONE])


def test_a_report_sums_up_what_was_loaded():
    report = LoadReport("orders")
    report.add(Loaded("orders", "1", Volume(1, 10, 1), 0.5))
    report.add(Loaded("orders", "2", Volume(2, 20, 3), 1.0))
    assert report.volume == Volume(3, 30, 4)
    assert report.seconds == 1.5
